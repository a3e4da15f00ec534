// The reference configuration: every key of the table with its meaning, range and default, as YAML
// that parses to the defaults. configs/worker.yaml is this text, by `freshet config reference`;
// a test holds them together.
//
// Errors: none. Threads: free functions.
#pragma once

#include <string>

namespace freshet::pipeline {

std::string reference_config();

}  // namespace freshet::pipeline
