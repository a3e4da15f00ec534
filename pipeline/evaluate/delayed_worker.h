// DelayedWorker: a worker that hears of every click `delay` late: what freshness is worth.
//
// Computes: the logits of impressions at their own time, with the same scorers as a task, on a
//           state into which a click is inserted once stream time T has reached its event time +
//           delay, seeing the clicks strictly before the impression's time - delay. So it is not
//           the fresh sequence with its newest clicks hidden: clicks that newer ones have pushed
//           out of that one are still there. A delay of 0 gives the bits of the task itself.
// Errors:   what the store says
// Threads:  one
// Cost:     a second scoring of what is judged, and a state of its own; memory: its store, its
//           share of hot users, and each click that is held back
// Oracle:   a replay that keeps everything and sorts it anew (tests/property/evaluate)
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/evaluate/delayed_partition.h"
#include "pipeline/examples/example_encoder.h"
#include "pipeline/scoring/score_observer.h"
#include "pipeline/scoring/served_model.h"
#include "stateful/state_store.h"

namespace freshet::pipeline {

class DelayedWorker final : private ScoreObserver {
 public:
  // `store` holds what is older than the log, and nothing else. `config` outlives the worker.
  DelayedWorker(const WorkerConfig& config, ServedModels models, DurationMs delay,
                std::unique_ptr<stateful::StateStore> store, std::size_t cache_bytes);

  DurationMs delay() const { return delay_; }

  // Tells it of an accepted event, at the stream time that includes it; each event once, in the
  // order of the log. Where it is `judged`, logits() then are those of its candidates: a row each
  // as ExampleEncoder::rows_of gives them; not finite where a model does not know the item.
  Status process(Partition partition, const Event& event, EventTime stream_time, bool judged);
  const std::vector<std::vector<float>>& logits() const { return logits_; }  // [models][rows]

 private:
  void on_scored(const ScoredOn& scored) override;
  void on_output(const InputRecord&, const OutputRecord&) override {}

  const WorkerConfig& config_;
  ServedModels models_;
  DurationMs delay_;
  std::unique_ptr<stateful::StateStore> store_;
  std::size_t cache_bytes_;
  EventScorer applier_;
  std::vector<ModelScorer> scorers_;
  ExampleEncoder encoder_;
  std::map<Partition, std::unique_ptr<DelayedPartition>> partitions_;
  std::vector<std::vector<float>> logits_;
};

}  // namespace freshet::pipeline
