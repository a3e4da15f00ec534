#include "pipeline/state/save_schedule.h"

#include <algorithm>
#include <utility>

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

std::size_t SaveSchedule::share(std::uint64_t saved, std::int64_t now_ms) const {
  std::uint64_t share = 0;
  for (const Noted& noted : noted_) {
    if (noted.changed <= saved) continue;
    const std::int64_t left_ms = noted.at_ms + shortened_ms_ - now_ms;
    if (left_ms > 0 && gap_ms_ == 0) continue;  // time stands still
    // This one and those that follow in time, if they come as far apart as the last two.
    const std::int64_t commits = left_ms > 0 ? left_ms / gap_ms_ + 1 : 1;
    share = std::max(share, (noted.changed - saved) / static_cast<std::uint64_t>(commits));
  }
  return static_cast<std::size_t>(share);
}

std::size_t SaveSchedule::due(std::uint64_t changed, std::size_t waiting, double pressure,
                              std::int64_t now_ms) {
  // The first commit has no commit before it, so what it notes has the whole interval.
  gap_ms_ = noted_changed_ == 0 ? 0 : now_ms - last_ms_;
  note(changed, now_ms);
  last_ms_ = now_ms;
  shortened_ms_ = static_cast<std::int64_t>(static_cast<double>(interval_.value) * (1 - pressure));
  const std::uint64_t saved_before = std::exchange(saved_, changed - waiting);
  while (!noted_.empty() && noted_.front().changed <= saved_) noted_.pop_front();
  const std::size_t saved_ahead = static_cast<std::size_t>(saved_ - saved_before);
  const std::size_t share_of_this = share(saved_before, now_ms);
  return share_of_this - std::min(share_of_this, saved_ahead);
}

void SaveSchedule::note_saved(std::size_t waiting) {
  saved_ = noted_changed_ - waiting;
  next_share_ = share(saved_, last_ms_ + gap_ms_);
}

std::size_t SaveSchedule::ahead(std::uint64_t changed, std::size_t waiting,
                                std::int64_t now_ms) const {
  if (gap_ms_ == 0 || now_ms <= last_ms_) return 0;
  const auto by_now = next_share_ * static_cast<std::uint64_t>(now_ms - last_ms_) /
                      static_cast<std::uint64_t>(gap_ms_);
  const std::uint64_t saved = changed - waiting - saved_;
  return by_now <= saved ? 0 : std::min(waiting, static_cast<std::size_t>(by_now - saved));
}

}  // namespace freshet::pipeline
