#include "pipeline/save_schedule.h"

#include <algorithm>

namespace freshet::pipeline {

void SaveSchedule::note(std::uint64_t changed, std::int64_t now_ms) {
  if (changed == noted_changed_) return;
  noted_changed_ = changed;
  // Users of close times share the earlier one: they are due a little early, never late.
  constexpr std::int64_t kTimes = 256;
  if (!noted_.empty() && now_ms < noted_.back().at_ms + interval_.value / kTimes) {
    noted_.back().changed = changed;
  } else {
    noted_.push_back({changed, now_ms});
  }
}

std::size_t SaveSchedule::due(std::uint64_t changed, std::size_t waiting, double pressure,
                              std::int64_t now_ms) {
  // The first commit has no commit before it, so what it notes has the whole interval.
  const std::int64_t gap_ms = noted_changed_ == 0 ? 0 : now_ms - last_ms_;
  note(changed, now_ms);
  last_ms_ = now_ms;
  const std::uint64_t saved = changed - waiting;
  while (!noted_.empty() && noted_.front().changed <= saved) noted_.pop_front();

  const auto interval_ms =
      static_cast<std::int64_t>(static_cast<double>(interval_.value) * (1 - pressure));
  std::size_t due = 0;
  for (const Noted& noted : noted_) {
    const std::int64_t left_ms = noted.at_ms + interval_ms - now_ms;
    if (left_ms > 0 && gap_ms == 0) continue;  // time stands still
    // This one and those that follow in time, if they come as far apart as the last two.
    const std::int64_t commits = left_ms > 0 ? left_ms / gap_ms + 1 : 1;
    const auto users = static_cast<std::size_t>(noted.changed - saved);
    due = std::max(due, users / static_cast<std::size_t>(commits));
  }
  return due;
}

}  // namespace freshet::pipeline
