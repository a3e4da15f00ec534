// Clock: the only source of wall-clock and monotonic time, so that tests own both.
//
// Wall time is used for record times and commit times, never in an output: outputs are functions of
// the input log. Threads: implementations are safe to call from any thread.
#pragma once

#include <cstdint>

#include "common/time.h"

namespace freshet {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual EventTime now() const = 0;              // wall clock, ms since the epoch, UTC
  virtual std::int64_t monotonic_ms() const = 0;  // never goes back; the origin means nothing
};

class SystemClock final : public Clock {
 public:
  EventTime now() const override;
  std::int64_t monotonic_ms() const override;
};

}  // namespace freshet
