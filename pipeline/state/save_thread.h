// SaveThread: a SaveRunner on a thread of its own, so that a disk that is slow, or busy with its
// own tidying up, never holds up scoring.
//
// Threads: as SaveRunner; the store is used from its thread
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "pipeline/state/save_runner.h"

namespace freshet::pipeline {

class SaveThread final : public SaveRunner {
 public:
  // The store outlives it.
  explicit SaveThread(stateful::StateStore* store);
  // Waits for the batch that is being written; those behind it are not written. Requires: nobody
  // waits for one.
  ~SaveThread() override;

  std::unique_ptr<Write> start(std::shared_ptr<const stateful::CheckpointBatch> batch) override;

 private:
  struct Job {
    std::shared_ptr<const stateful::CheckpointBatch> batch;
    std::optional<SaveOutcome> outcome;
    std::atomic<bool> ended = false;  // the outcome is there
  };
  class JobWrite;

  void run();
  std::shared_ptr<Job> next_job();
  SaveOutcome wait_for(Job* job);

  stateful::StateStore* store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> jobs_;  // that have not begun
  bool stopping_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace freshet::pipeline
