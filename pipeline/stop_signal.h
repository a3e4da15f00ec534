// StopSignal: asks the workers of a process to drain, commit and leave.
//
// Threads: any. request() is idempotent; wait_for() returns early when it is called.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace freshet::pipeline {

class StopSignal {
 public:
  void request();
  bool requested() const;
  // Waits for `span` or a request. Returns whether one came.
  bool wait_for(std::chrono::milliseconds span);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool requested_ = false;
};

}  // namespace freshet::pipeline
