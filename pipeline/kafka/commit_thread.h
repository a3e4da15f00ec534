// CommitThread: commits beside the worker's thread, one at a time.
//
//   idle --start--> under way --the call returns--> ended --wait or forget--> idle
//
// Errors:  the call's own, as the outcome
// Threads: one, the worker's; the call runs on a thread of its own, alone: what it uses is not used
//          by anybody else until wait() or forget() has returned
// Cost:    two switches between threads a commit
// Oracle:  tests/unit/kafka/commit_thread_test.cc
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "common/status.h"
#include "pipeline/transport.h"

namespace freshet::pipeline {

class CommitThread {
 public:
  using Call = std::function<Result<ChangelogPositions>()>;

  CommitThread();
  // Waits for what is under way.
  ~CommitThread();
  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;

  // Requires: idle.
  void start(Call call);
  bool has_commit() const { return has_commit_; }  // under way, or ended
  bool has_ended() const { return ended_; }
  // Returns its outcome once it has ended. Requires: has_commit().
  Result<ChangelogPositions> wait();
  // Waits, where there is something to wait for, and drops the outcome.
  void forget();

 private:
  void run();

  bool has_commit_ = false;  // the worker's

  std::mutex mutex_;
  std::condition_variable changed_;
  Call call_;  // none: nothing to begin
  std::optional<Result<ChangelogPositions>> outcome_;
  std::atomic<bool> ended_ = false;  // the outcome is there
  bool stopping_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace freshet::pipeline
