#include "common/clock.h"

#include <chrono>

namespace freshet {
namespace {

template <class TimePoint>
std::int64_t ms_since_origin(TimePoint point) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(point.time_since_epoch()).count();
}

}  // namespace

EventTime SystemClock::now() const { return {ms_since_origin(std::chrono::system_clock::now())}; }

std::int64_t SystemClock::monotonic_ms() const {
  return ms_since_origin(std::chrono::steady_clock::now());
}

}  // namespace freshet
