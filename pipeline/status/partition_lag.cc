#include "pipeline/status/partition_lag.h"

#include <algorithm>

namespace freshet::pipeline {

void PartitionLag::acknowledge(EventTime now, DurationHistogram* event_to_score) {
  constexpr std::int64_t kMicroseconds = 1'000;
  const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(in_commit_);
  std::for_each(pending_.begin(), end, [&](const EventTime sent) {
    event_to_score->observe((now.ms - sent.ms) * kMicroseconds);
  });
  pending_.erase(pending_.begin(), end);
  in_commit_ = 0;
}

void PartitionLag::observe_end(Position next, std::optional<Position> end, EventTime now) {
  if (!end) return;
  records_ = std::max<std::int64_t>(end->value - next.value, 0);
  if (*records_ == 0) caught_up_at_ = now;
}

std::optional<EventTime> PartitionLag::oldest_waiting() const {
  if (!pending_.empty()) return *std::min_element(pending_.begin(), pending_.end());
  if (records_.value_or(0) == 0) return std::nullopt;
  return newest_record_ ? std::max(*newest_record_, caught_up_at_) : caught_up_at_;
}

}  // namespace freshet::pipeline
