// SaveSchedule: how many changed users a commit saves, so that none waits longer than the interval
// and no commit does the work of many.
//
// Users are saved longest-changed first. Let k users have changed by the time t and not been saved
// yet: they have until t + interval, so with n commits until then each has to save k / n of them.
// The greatest such number over all t is taken. With changes that come
// evenly this is their own rate and each user waits for an interval; those that come at once, as
// when an input is caught up with, are spread over the interval instead of falling due at once.
//
// Errors: none. Threads: one. Cost: O(256) a commit, whatever the number of users.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "common/time.h"

namespace freshet::pipeline {

class SaveSchedule {
 public:
  explicit SaveSchedule(DurationMs interval) : interval_(interval) {}

  // What a commit at the monotonic time `now_ms` has to save at least. `changed` users have ever
  // become changed, and `waiting` of them are still to be saved. Under `pressure`, 0 to 1, the
  // interval is that much shorter; at 1 all are due.
  std::size_t due(std::uint64_t changed, std::size_t waiting, double pressure, std::int64_t now_ms);

 private:
  struct Noted {
    std::uint64_t changed;  // so many had changed
    std::int64_t at_ms;     // since this time or later
  };
  void note(std::uint64_t changed, std::int64_t now_ms);

  DurationMs interval_;
  std::deque<Noted> noted_;
  std::uint64_t noted_changed_ = 0;
  std::int64_t last_ms_ = 0;
};

}  // namespace freshet::pipeline
