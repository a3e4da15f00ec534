// Event times and durations, both in milliseconds.
//
// EventTime is ms since the epoch, UTC, as the event says; it lies between 2000-01-01 and
// 2100-01-01 for every accepted event. Wall-clock time comes only from Clock (common/clock.h).
#pragma once

#include <compare>
#include <cstdint>

namespace freshet {

struct DurationMs {
  std::int64_t value = 0;
  auto operator<=>(const DurationMs&) const = default;
};

struct EventTime {
  std::int64_t ms = 0;
  auto operator<=>(const EventTime&) const = default;
};

constexpr EventTime operator-(EventTime time, DurationMs span) { return {time.ms - span.value}; }
constexpr EventTime operator+(EventTime time, DurationMs span) { return {time.ms + span.value}; }

inline constexpr EventTime kEventTimeMin{946'684'800'000};  // 2000-01-01T00:00:00Z, first accepted
inline constexpr EventTime kEventTimeEnd{4'102'444'800'000};  // 2100-01-01T00:00:00Z, first refused

}  // namespace freshet
