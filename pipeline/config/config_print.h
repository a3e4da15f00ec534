// The configuration in effect: every key with its value and where that came from. Secrets are
// replaced by kRedacted.
//
// Where no secret is in it, the YAML read as a file of its own is the same configuration.
// Errors:  none
// Threads: free functions
#pragma once

#include <string>
#include <string_view>

#include "pipeline/config/config_values.h"

namespace freshet::pipeline {

// YAML in the order of the table, each value with its source as a comment: default, FILE:LINE:COL,
// --set, environment NAME, file PATH. `file` is the configuration's name.
std::string print_config(const ConfigValues& values, std::string_view file);

// The same as one JSON object: {"PATH": {"value": ..., "source": "..."}, ...}.
std::string print_config_json(const ConfigValues& values, std::string_view file);

}  // namespace freshet::pipeline
