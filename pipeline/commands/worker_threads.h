// WorkerThreads: the workers of one process, a thread for each, all on one store and one model.
//
// They exist before their threads run, so that whoever watches them is there first. The first
// failure stops the others.
// Errors:  of run(): kCorruptStore where any worker says so, else the first one's that failed
// Threads: one; views() may be used from any thread while the object lives
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "pipeline/commands/load.h"
#include "pipeline/metrics/process_view.h"
#include "pipeline/restore/changelog_reader.h"
#include "pipeline/restore/restore_thread.h"
#include "pipeline/state/save_thread.h"
#include "pipeline/worker/worker.h"
#include "stateful/state_store.h"

namespace freshet::commands {

class WorkerThreads {
 public:
  // Makes the transport of the worker with this index; called from its thread.
  using MakeTransport =
      std::function<Result<std::unique_ptr<pipeline::Transport>>(std::size_t worker)>;

  // Everything that is pointed to outlives it. Each worker restores on a thread of its own, through
  // a reader that `open_changelog` makes; none without a changelog.
  WorkerThreads(const Loaded& loaded, stateful::StateStore* store, const Clock* clock,
                MakeTransport make_transport, pipeline::ChangelogReaderFactory open_changelog,
                pipeline::StopSignal* stop);

  // Runs until all workers have ended.
  Status run();

  std::vector<pipeline::WorkerView> views() const;
  pipeline::Counters counted() const;  // of all of them; once run() is over

 private:
  struct One {
    pipeline::Counters counters;
    std::unique_ptr<pipeline::RestoreThread> restores;
    std::unique_ptr<pipeline::SaveThread> saves;
    std::unique_ptr<pipeline::Worker> worker;
    Status ended;
  };

  pipeline::StopSignal* stop_;
  std::vector<std::unique_ptr<One>> workers_;
};

}  // namespace freshet::commands
