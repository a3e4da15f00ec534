// An evaluation as one HTML page: tables and plots, readable in light and dark and on paper,
// without scripts and without anything from outside. Equal reports, equal bytes.
//
// Errors: none. Threads: a free function.
#pragma once

#include <string>

#include "pipeline/evaluate/evaluation_report.h"

namespace freshet::pipeline {

std::string evaluation_page(const EvaluationReport& report);

}  // namespace freshet::pipeline
