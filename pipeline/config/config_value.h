// ConfigValue: one value of the configuration, typed but not yet stored; and its reading from text.
//
// Knows nothing of YAML, so a value may come from the file or from anywhere else.
// Threads: free functions. Errors: none with a message of what was expected.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/status.h"
#include "common/time.h"

namespace freshet::pipeline {

enum class ValueKind {
  kText,
  kInteger,
  kSwitch,    // on, off, true, false
  kDuration,  // 250ms, 10s, 30m, 12h, 7d
  kTextList,
  kTextMap,
  kNull,  // a key whose value can only be null in this version
};

using ConfigValue = std::variant<std::monostate, std::string, std::int64_t, bool, DurationMs,
                                 std::vector<std::string>, std::map<std::string, std::string>>;

// "an integer", "a duration such as 7d", ...
std::string_view expectation_of(ValueKind kind);

// Reads one scalar. `plain` is false for a quoted one, which is a text and nothing else. The error
// is the problem's message. Requires: kind is none of kTextList, kTextMap, kNull.
tl::expected<ConfigValue, std::string> parse_scalar(ValueKind kind, std::string_view text,
                                                    bool plain);

// "604800000" ms as "7d": the largest unit that divides it.
std::string duration_text(DurationMs duration);

}  // namespace freshet::pipeline
