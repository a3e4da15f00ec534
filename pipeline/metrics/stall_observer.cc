#include "pipeline/metrics/stall_observer.h"

#include <utility>

namespace freshet::pipeline {

void StallObserver::observe(std::span<const WorkerStatus> workers) {
  constexpr std::int64_t kMicroseconds = 1'000;
  const std::int64_t now_ms = clock_->monotonic_ms();
  const std::lock_guard lock(mutex_);
  std::map<Partition, Waiting> waiting;
  for (const WorkerStatus& worker : workers) {
    for (const PartitionStatus& partition : worker.partitions) {
      if (!partition.oldest_waiting) continue;
      Waiting here{partition.committed, now_ms};
      const auto before = waiting_.find(partition.partition);
      if (before != waiting_.end() && before->second.committed == here.committed) {
        here.since_ms = before->second.since_ms;
      }
      if (now_ms - here.since_ms >= patience_.value) {
        observed_.observe((clock_->now().ms - partition.oldest_waiting->ms) * kMicroseconds);
      }
      waiting.emplace(partition.partition, here);
    }
  }
  waiting_ = std::move(waiting);
}

DurationHistogram StallObserver::observed() const {
  const std::lock_guard lock(mutex_);
  return observed_;
}

}  // namespace freshet::pipeline
