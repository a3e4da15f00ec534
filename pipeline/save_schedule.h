// SaveSchedule: which changed users are due to be saved, so that none waits longer than the
// interval.
//
// Notes the position at each commit; users whose first unsaved change lies before the position of
// an interval ago are due. One entry a commit, not one a user. Errors: none. Threads: one. Cost:
// O(1) amortised.
#pragma once

#include <cstdint>
#include <deque>

#include "common/log_position.h"
#include "common/time.h"

namespace freshet::pipeline {

class SaveSchedule {
 public:
  explicit SaveSchedule(DurationMs interval) : interval_(interval) {}

  // Notes that the task stands at `position` at the monotonic time `now_ms`, and returns the
  // position before which first changes are at least an interval old.
  Position due_before(Position position, std::int64_t now_ms);

 private:
  struct Passed {
    Position position;
    std::int64_t at_ms;
  };
  DurationMs interval_;
  std::deque<Passed> passed_;
  Position due_before_{0};
};

}  // namespace freshet::pipeline
