// SimSaves: what SaveThread is to a process, on a fiber: batches come into the store beside the
// worker, some time after their commit.
//
// Threads: as SaveRunner; the store is used from its own fiber
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "pipeline/state/save_runner.h"

namespace freshet::sim {

class Process;

class SimSaves final : public pipeline::SaveRunner {
 public:
  // Spawns the fiber. The process and the store outlive it.
  SimSaves(Process* process, stateful::StateStore* store);
  // Does not wait: the fiber ends at its next turn, with what it writes then.
  ~SimSaves() override;

  std::unique_ptr<Write> start(std::shared_ptr<const stateful::CheckpointBatch> batch) override;

 private:
  struct Job {
    std::shared_ptr<const stateful::CheckpointBatch> batch;
    std::optional<pipeline::SaveOutcome> outcome;
  };
  class JobWrite;
  // Shared with the fiber, which may outlive this.
  struct State {
    std::deque<std::shared_ptr<Job>> jobs;
    bool stopping = false;
  };
  static void run(Process* process, stateful::StateStore* store, State* state);

  Process* process_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace freshet::sim
