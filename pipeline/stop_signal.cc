#include "pipeline/stop_signal.h"

namespace freshet::pipeline {

void StopSignal::request() {
  {
    const std::lock_guard lock(mutex_);
    requested_ = true;
  }
  changed_.notify_all();
}

bool StopSignal::requested() const {
  const std::lock_guard lock(mutex_);
  return requested_;
}

bool StopSignal::wait_for(std::chrono::milliseconds span) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, span, [this] { return requested_; });
}

}  // namespace freshet::pipeline
