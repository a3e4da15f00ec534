// How `freshet evaluate` reads times and delays from its command line.
//
// Errors: kInvalidConfig, naming the option's text and what it may be. Threads: free functions.
#pragma once

#include <string>
#include <vector>

#include "common/status.h"
#include "common/time.h"

namespace freshet::commands {

enum class DayEdge { kBegin, kEnd };

// "2022-05-02": the first instant of that day, or of the next one, `utc_offset_hours` ahead of UTC;
// "2022-05-02T10:00:00Z", RFC 3339: that instant.
Result<EventTime> instant_of(const std::string& option, const std::string& text,
                             double utc_offset_hours, DayEdge edge);

// "0,1m,1h,1d" (ms, s, m, h, d; a bare 0); "none" is an empty list.
Result<std::vector<DurationMs>> delays_of(const std::string& text);

}  // namespace freshet::commands
