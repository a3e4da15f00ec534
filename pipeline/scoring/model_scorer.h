// ModelScorer: the scores that one model gives on one snapshot of a user.
//
// Computes: the candidates that the model knows; u over the snapshot's windows, its fold, the
//           logits, the k best of them as published scores.
// Errors:   a Refusal when nothing can be scored (unknown items, no finite logit)
// Threads:  one per task (it owns the buffers); Cost: the pools' over the windows + O(C d h1)
// Oracle:   scorer/reference/reference.h through `replay --verify`; tests/property/pipeline
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/events/event.h"
#include "pipeline/events/output_encoder.h"
#include "pipeline/scoring/hot_user.h"
#include "pipeline/scoring/score_observer.h"
#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

// What an event is scored on, whatever the model.
struct Snapshot {
  const Event& event;
  EventTime stream_time;
  const HotUser& user;     // refreshed since its last change
  const Windows& windows;  // the clicks that the event sees
  // Where the event, a click, stands in its behaviour's sequence; none where that is not known.
  std::optional<std::size_t> clicked{};
};

// What a model makes of a snapshot.
struct ModelScores {
  std::size_t unknown_items = 0;       // of a click, or among the candidates
  std::size_t non_finite = 0;          // candidates left out for a logit that is not finite
  std::optional<Refusal> refusal;      // why there are no scores
  std::vector<PublishedScore> scores;  // best first, at most candidates.publish
};

class ModelScorer {
 public:
  // `index` is the model's in the task's list and so that of its views. `observer` may be null;
  // where it is not, it outlives the scorer.
  ModelScorer(const WorkerConfig& config, std::shared_ptr<const ServedModel> model,
              std::size_t index, ScoreObserver* observer);

  // Replaces *scores.
  void score(const Snapshot& snapshot, ModelScores* scores);

  const ServedModel& model() const { return *model_; }

 private:
  std::span<const scorer::ItemRow> candidates_of(const Snapshot& snapshot, ModelScores* scores);
  bool knows_clicked(const Snapshot& snapshot) const;
  void fold(const Snapshot& snapshot);
  void observe(const Snapshot& snapshot, std::span<const scorer::ItemRow> candidates) const;

  std::size_t publish_;
  std::shared_ptr<const ServedModel> model_;
  std::size_t index_;
  ScoreObserver* observer_;

  // Buffers, reused from event to event.
  std::vector<float> u_;                                      // [P d]
  std::vector<std::span<const scorer::PooledClick>> clicks_;  // [B] of the model
  std::vector<scorer::PoolSums> sums_;                        // [pools]
  std::vector<scorer::ItemRow> recent_;                       // [<= recent_clicks]
  std::vector<scorer::ItemRow> event_rows_;                   // [<= candidates of the event]
  std::vector<scorer::CandidateLogit> logits_;                // [C]
  std::vector<std::optional<std::string_view>> context_;      // [events.context]
  scorer::UserFold fold_;
};

}  // namespace freshet::pipeline
