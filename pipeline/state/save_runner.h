// SaveRunner: brings batches into the store beside the worker's thread.
//
// SaveThread does it on a thread of its own. Where there is none, tasks write their batches
// themselves.
// Errors:  those of StateStore::apply, as the outcome of a write
// Threads: one, the worker's
#pragma once

#include <chrono>
#include <memory>

#include "common/status.h"
#include "stateful/state_store.h"

namespace freshet::pipeline {

// How a batch came into the store, or did not.
struct SaveOutcome {
  Result<stateful::ApplyOutcome> applied;
  std::chrono::microseconds took{0};
};

// Writes the batch on the caller's thread.
SaveOutcome save_now(stateful::StateStore* store, const stateful::CheckpointBatch& batch);

class SaveRunner {
 public:
  // A batch on its way. One that is destroyed is written all the same, or is not, where the runner
  // ends before; nobody learns it.
  class Write {
   public:
    virtual ~Write() = default;
    virtual bool ended() const = 0;
    // Returns when it has ended. To be called once.
    virtual SaveOutcome wait() = 0;
  };

  virtual ~SaveRunner() = default;
  // Nobody changes the batch any more. Batches are written in the order of their starts.
  virtual std::unique_ptr<Write> start(std::shared_ptr<const stateful::CheckpointBatch> batch) = 0;
};

}  // namespace freshet::pipeline
