// StopSignal: asks the workers of a process to drain, commit and leave.
//
// It is also how a worker waits, so that a simulation owns that time as it owns the clock's.
// Threads: any. request() is idempotent; wait_for() returns early when it is called.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace freshet::pipeline {

class StopSignal {
 public:
  StopSignal() = default;
  virtual ~StopSignal() = default;
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void request();
  virtual bool requested() const;
  // How long ago the first request came; none before it.
  virtual std::optional<std::chrono::milliseconds> requested_for() const;
  // Waits for `span` or a request. Returns whether one came.
  virtual bool wait_for(std::chrono::milliseconds span);
  // Waits for `span` whatever is requested: a pause that is owed to somebody else.
  virtual void pause(std::chrono::milliseconds span);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::chrono::steady_clock::time_point> requested_;
};

}  // namespace freshet::pipeline
