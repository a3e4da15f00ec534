// Event times as texts: decimal numbers in a unit, and RFC 3339.
//
// Both read the text exactly, without floating point, and drop what is finer than a millisecond
// (towards minus infinity; every accepted time is positive). Threads: free functions.
#pragma once

#include <optional>
#include <string_view>

#include "common/time.h"
#include "pipeline/config/config.h"

namespace freshet::pipeline {

// A JSON number's text (RFC 8259 grammar) counted in `unit`. None outside
// [kEventTimeMin, kEventTimeEnd). Requires: unit is not kRfc3339.
std::optional<EventTime> event_time_of_number(std::string_view number, TimeUnit unit);

enum class TimeProblem { kMalformed, kOutOfRange };

// "2020-10-14T00:00:00.123Z", "2020-10-14t02:00:00+02:00"; a leap second is the second after it.
// *problem is set where the result is none.
std::optional<EventTime> event_time_of_rfc3339(std::string_view text, TimeProblem* problem);

}  // namespace freshet::pipeline
