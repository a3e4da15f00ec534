// ${VAR} in a scalar of the configuration -> its text.
//
//   ${VAR}            the variable's value; an error where it is not set
//   ${VAR:-default}   the default where it is not set or empty
//   ${VAR:?message}   an error with the message where it is not set or empty
//   $$                one $; a $ before anything else is itself
//
// Happens after YAML is parsed, so a value can never add keys or lines. A default cannot hold } or
// another ${.
// Errors:  the problem's message; it names variables and never holds the value of one
// Threads: free function
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "pipeline/config/config_source.h"

namespace freshet::pipeline {

struct ExpandedText {
  std::string text;
  std::vector<std::string> variables;  // those whose value is in the text
};

// A longer text is refused: the environment is not bounded by the file's size.
inline constexpr std::size_t kExpandedBytesMax = 64 << 10;

tl::expected<ExpandedText, std::string> expand_variables(std::string_view text,
                                                         const Environment& environment);

}  // namespace freshet::pipeline
