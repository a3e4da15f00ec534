// EventScorer: one accepted event applied to its user, and the scores that follow from it.
//
// Computes: in the order of docs/architecture.md, at a stream time T that already includes the
//           event: the visible clicks; for an impression or request the scores on those strictly
//           before it; the insert; for a click the scores after it.
// Errors:   a Refusal when nothing can be scored (unknown items, no finite logit); the event
//           stays applied all the same
// Threads:  one per task (it owns the buffers); Cost: the pools' per click that moved + O(C d h1)
// Oracle:   scorer/reference.h through `replay --verify`; tests/property/pipeline
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/events/event.h"
#include "pipeline/events/output_encoder.h"
#include "pipeline/hot_user.h"
#include "pipeline/score_observer.h"
#include "pipeline/served_model.h"

namespace freshet::pipeline {

// What became of an event.
struct AppliedEvent {
  bool changed = false;            // the user's state is not what it was
  std::size_t unknown_items = 0;   // of a click, or among the candidates
  std::size_t non_finite = 0;      // candidates left out for a logit that is not finite
  std::optional<Refusal> refusal;  // why there are no scores
};

class EventScorer {
 public:
  // `observer` may be null; where it is not, it outlives the scorer.
  EventScorer(const WorkerConfig& config, std::shared_ptr<const ServedModel> model,
              ScoreObserver* observer);

  // Applies the event to the user and fills the parts of *out that follow from the two:
  // sequence_length, late, duplicate, scores. Requires stream_time >= event.ts.
  AppliedEvent apply_and_score(const Event& event, EventTime stream_time, HotUser* user,
                               ScoreEvent* out);

  // Applies the event without scoring: how a task reads its input again at its start.
  // Returns true when the state changed.
  bool apply(const Event& event, HotUser* user);

  const ServedModel& model() const { return *model_; }

 private:
  // The behaviour of which the event is a click by its type or its label, if it is: the flags are
  // judged there.
  std::optional<std::size_t> clicked_behaviour(const Event& event) const;
  void judge_flags(const Event& event, EventTime stream_time, const HotUser& user,
                   ScoreEvent* out) const;
  std::span<const scorer::ItemRow> candidates_of(const Event& event, AppliedEvent* applied);
  void score(const Event& event, EventTime stream_time, const Windows& windows, const HotUser& user,
             AppliedEvent* applied, ScoreEvent* out);

  std::vector<stateful::BehaviourLimits> limits_;
  std::size_t label_behaviour_;
  std::size_t publish_;
  std::shared_ptr<const ServedModel> model_;
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
