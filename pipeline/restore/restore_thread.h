// RestoreThread: a Restorer on a thread of its own, so that a restore never holds up scoring.
//
// Threads: as RestoreRunner; the store and the reader are used from its thread
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "pipeline/restore/restorer.h"

namespace freshet::pipeline {

class RestoreThread final : public RestoreRunner {
 public:
  // Everything that is pointed to outlives it.
  explicit RestoreThread(RestoreContext context);
  // Waits for the step under way; a restore that is not over goes on at the next start.
  ~RestoreThread() override;

  void start(RestoreRequest request) override;
  void cancel(Partition partition) override;
  std::vector<RestoreOutcome> take_ended() override;
  std::vector<RestoreProgress> progress() const override;
  RestoreTrouble trouble() const override;

 private:
  using Command = std::variant<RestoreRequest, Partition>;  // start, cancel

  void run();
  bool take_commands();
  void pause(std::chrono::milliseconds span);

  Restorer restorer_;  // its own thread's

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Command> commands_;
  std::vector<RestoreOutcome> ended_;
  std::vector<RestoreProgress> progress_;
  RestoreTrouble trouble_;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace freshet::pipeline
