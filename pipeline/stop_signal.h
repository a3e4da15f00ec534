// StopSignal: asks the workers of a process to drain, commit and leave.
//
// Threads: any. request() is idempotent; wait_for() returns early when it is called.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace freshet::pipeline {

class StopSignal {
 public:
  void request();
  bool requested() const;
  // How long ago the first request came; none before it.
  std::optional<std::chrono::milliseconds> requested_for() const;
  // Waits for `span` or a request. Returns whether one came.
  bool wait_for(std::chrono::milliseconds span);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::chrono::steady_clock::time_point> requested_;
};

}  // namespace freshet::pipeline
