// The table of keys as a JSON Schema (draft 2020-12), for editors and for checks without the
// binary.
//
// It refuses what the parser refuses by looking at one key alone: unknown keys, types, ranges,
// choices, refused librdkafka options. Sizes of texts count characters there and bytes here. What
// holds a ${...} is any text to it.
// Errors: none. Threads: free function.
#pragma once

#include <string>

namespace freshet::pipeline {

std::string config_schema();

}  // namespace freshet::pipeline
