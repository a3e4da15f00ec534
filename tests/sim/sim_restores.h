// SimRestores: what RestoreThread is to a process, on a fiber: restores go on beside the worker.
//
// Threads: as RestoreRunner; the store and the reader are used from its own fiber
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "pipeline/restore/restorer.h"

namespace freshet::sim {

class Process;

class SimRestores final : public pipeline::RestoreRunner {
 public:
  // Spawns the fiber. The process outlives it.
  SimRestores(Process* process, pipeline::RestoreContext context);
  // Does not wait: the fiber ends at its next turn, and until then its batches meet their token.
  ~SimRestores() override;

  void start(pipeline::RestoreRequest request) override;
  void cancel(Partition partition) override;
  std::vector<pipeline::RestoreOutcome> take_ended() override;
  std::vector<pipeline::RestoreProgress> progress() const override;
  pipeline::RestoreTrouble trouble() const override { return state_->restorer.trouble(); }

 private:
  using Command = std::variant<pipeline::RestoreRequest, Partition>;  // start, cancel
  // Shared with the fiber, which may outlive this.
  struct State {
    pipeline::Restorer restorer;
    std::vector<Command> commands;
    std::vector<pipeline::RestoreOutcome> ended;
    std::vector<pipeline::RestoreProgress> progress;
    bool stopping = false;

    explicit State(pipeline::RestoreContext context) : restorer(std::move(context)) {}
    void obey();
    void collect();
  };
  static void run(Process* process, State* state);

  std::shared_ptr<State> state_;
};

// Readers of the world's changelog that wait on the simulated clock.
pipeline::ChangelogReaderFactory changelog_reader_factory(Process* process);

}  // namespace freshet::sim
