#include "pipeline/stop_signal.h"

#include <thread>

namespace freshet::pipeline {

void StopSignal::request() {
  {
    const std::lock_guard lock(mutex_);
    if (!requested_) requested_ = std::chrono::steady_clock::now();
  }
  changed_.notify_all();
}

bool StopSignal::requested() const {
  const std::lock_guard lock(mutex_);
  return requested_.has_value();
}

std::optional<std::chrono::milliseconds> StopSignal::requested_for() const {
  const std::lock_guard lock(mutex_);
  if (!requested_) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               *requested_);
}

bool StopSignal::wait_for(std::chrono::milliseconds span) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, span, [this] { return requested_.has_value(); });
}

void StopSignal::pause(std::chrono::milliseconds span) { std::this_thread::sleep_for(span); }

}  // namespace freshet::pipeline
