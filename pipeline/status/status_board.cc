#include "pipeline/status/status_board.h"

#include <utility>

namespace freshet::pipeline {

void StatusBoard::publish(WorkerStatus status) {
  const std::lock_guard lock(mutex_);
  std::swap(status_, status);  // the old one is freed without the lock
}

WorkerStatus StatusBoard::read() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::optional<std::int64_t> StatusBoard::last_beat_ms() const {
  const std::int64_t ms = beat_ms_.load(std::memory_order_relaxed);
  return ms == kNever ? std::nullopt : std::optional(ms);
}

}  // namespace freshet::pipeline
