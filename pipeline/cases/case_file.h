// A file of cases: clicks in, expected sequences and top items out. docs/commands.md has the form.
//
// Errors:  kInvalidConfig with every problem of the file, one "file:line:col: message" a line
// Threads: a free function. Cost: linear; the file is bounded as a configuration is (yaml_reader.h)
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "pipeline/config/config.h"

namespace freshet::pipeline {

// What one event must give; what is none is not compared.
struct ExpectedOutput {
  std::optional<std::string> dead_letter;  // its reason; none: a score event
  std::optional<std::size_t> sequence_length;
  std::optional<bool> late;
  std::optional<bool> duplicate;
  std::optional<std::vector<std::string>> top;  // the first items of the scores
};

struct Case {
  std::string name;
  int line = 1;                                        // where it stands in the file
  std::vector<std::string> events;                     // each the bytes of a record's value
  std::vector<std::optional<ExpectedOutput>> outputs;  // [events], or none at all
  // user -> behaviour -> the visible items after the last event, newest first
  std::map<std::string, std::map<std::string, std::vector<std::string>>> sequences;
};

// `name` stands where the file's name would. Behaviours must be the configuration's.
Result<std::vector<Case>> parse_cases(std::string_view yaml, std::string_view name,
                                      const WorkerConfig& config);

}  // namespace freshet::pipeline
