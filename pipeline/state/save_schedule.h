// SaveSchedule: how many changed users a commit saves, so that none waits longer than the interval
// and no commit does the work of many.
//
// Users are saved longest-changed first. Let k users have changed by the time t and not been saved
// yet: they have until t + interval, so with n commits until then each has to save k / n of them.
// The greatest such number over all t is taken. With changes that come
// evenly this is their own rate and each user waits for an interval; those that come at once, as
// when an input is caught up with, are spread over the interval instead of falling due at once.
//
// What the next commit will have to save is known about as well: as much as this rule says of a
// commit that comes as far behind the last one as that one behind the one before. ahead() shares it
// out over that time. due() stands for what it could not foresee, so nobody waits longer for it.
//
// Errors: none. Threads: one. Cost: O(256) a commit, whatever the number of users; ahead() O(1)
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "common/time.h"

namespace freshet::pipeline {

class SaveSchedule {
 public:
  explicit SaveSchedule(DurationMs interval) : interval_(interval) {}

  // What a commit at the monotonic time `now_ms` has to save at least, beside those that were saved
  // since the commit before. `changed` users have ever become changed, and `waiting` of them are
  // still to be saved. Under `pressure`, 0 to 1, the interval is that much shorter; at 1 all are
  // due.
  std::size_t due(std::uint64_t changed, std::size_t waiting, double pressure, std::int64_t now_ms);

  // Notes that the commit for which due() was asked last has saved all but `waiting`.
  void note_saved(std::size_t waiting);

  // How many of `waiting` users to save now, ahead of the next commit.
  std::size_t ahead(std::uint64_t changed, std::size_t waiting, std::int64_t now_ms) const;

 private:
  struct Noted {
    std::uint64_t changed;  // so many had changed
    std::int64_t at_ms;     // since this time or later
  };
  void note(std::uint64_t changed, std::int64_t now_ms);
  // What a commit at `now_ms` has to save so that all is saved in time, where `saved` were saved
  // by the commit before it.
  std::size_t share(std::uint64_t saved, std::int64_t now_ms) const;

  DurationMs interval_;
  std::deque<Noted> noted_;
  std::uint64_t noted_changed_ = 0;
  std::int64_t last_ms_ = 0;       // of the last commit
  std::int64_t gap_ms_ = 0;        // between it and the one before
  std::int64_t shortened_ms_ = 0;  // the interval under the pressure of then
  std::uint64_t saved_ = 0;        // behind it, ever
  std::size_t next_share_ = 0;     // of the next one, if it comes after as long
};

}  // namespace freshet::pipeline
