#include "pipeline/state/save_runner.h"

namespace freshet::pipeline {

SaveOutcome save_now(stateful::StateStore* store, const stateful::CheckpointBatch& batch) {
  const auto begin = std::chrono::steady_clock::now();
  SaveOutcome outcome{store->apply(batch)};
  outcome.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  return outcome;
}

}  // namespace freshet::pipeline
