// How an evaluation's numbers are written for people, in the table as on the page.
//
// Errors: none; what is not defined is "-". Threads: free functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/evaluate/evaluation_report.h"

namespace freshet::pipeline {

// A table of texts; the first column names the row.
struct ReportTable {
  std::string title;
  std::string note;  // one line, may be empty
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};

// "0.7309", "+0.0369" where it is a difference.
std::string number_text(const std::optional<double>& value, bool is_difference, int decimals = 4);
// "0.7309 (0.7271 to 0.7346)"; a difference that leaves 0 out ends with " *".
std::string estimate_text(const Estimate& estimate, bool is_difference, int decimals = 4);
// "1 min", "1 h", "0 s".
std::string delay_text(DurationMs delay);
// What was judged and what was left out, a line each.
std::vector<std::string> judged_text(const EvaluationReport& report);

// All tables, in the order in which they are shown. One that has nothing to say is left out.
std::vector<ReportTable> report_tables(const EvaluationReport& report);

}  // namespace freshet::pipeline
