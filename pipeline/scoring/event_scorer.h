// EventScorer: one accepted event applied to its user, and the scores that follow from it.
//
// Computes: in the order of docs/architecture.md, at a stream time T that already includes the
//           event: the visible clicks; for an impression or request the scores on those strictly
//           before it; the insert; for a click the scores after it. All models of the task score
//           the same snapshot, each by itself.
// Errors:   a model's Refusal when it can score nothing; the event stays applied all the same
// Threads:  one per task (it owns the buffers); Cost: the views' per click that moved + what each
//           model's scorer costs
// Oracle:   scorer/reference/reference.h through `replay --verify`; tests/property/pipeline
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/events/event.h"
#include "pipeline/scoring/hot_user.h"
#include "pipeline/scoring/model_scorer.h"
#include "pipeline/scoring/score_observer.h"
#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

// What became of an event, whatever the models.
struct AppliedEvent {
  bool changed = false;    // the user's state is not what it was
  bool late = false;       // as outputs carry it
  bool duplicate = false;  // as outputs carry it
  std::size_t sequence_length = 0;
};

class EventScorer {
 public:
  // `observer` may be null; where it is not, it outlives the scorer.
  EventScorer(const WorkerConfig& config, ServedModels models, ScoreObserver* observer);

  // Applies the event to the user and scores it with every model.
  // Requires stream_time >= event.ts, and a user that was touched with models().
  AppliedEvent apply_and_score(const Event& event, EventTime stream_time, HotUser* user);

  // What the model with this index made of the last event.
  const ModelScores& scores(std::size_t model) const { return scores_[model]; }

  // Applies the event without scoring: how a task reads its input again at its start.
  // Returns true when the state changed.
  bool apply(const Event& event, HotUser* user) const;

  const ServedModels& models() const { return models_; }

 private:
  // The behaviour of which the event is a click by its type or its label, if it is: the flags are
  // judged there.
  std::optional<std::size_t> clicked_behaviour(const Event& event) const;
  // The event's click goes into every behaviour of which it is one.
  struct Inserted {
    bool changed = false;
    std::optional<std::size_t> place{};  // where it stands in the last of them; none: too old
  };
  Inserted insert(const Event& event, const stateful::Click& click, HotUser* user) const;
  void judge_flags(const Event& event, const stateful::Click& click, EventTime stream_time,
                   const HotUser& user, AppliedEvent* applied) const;

  std::vector<stateful::BehaviourLimits> limits_;
  std::size_t label_behaviour_;
  ServedModels models_;
  std::vector<ModelScorer> scorers_;  // [models]
  std::vector<ModelScores> scores_;   // [models], of the last event
  Windows windows_;                   // buffer
  stateful::Click click_;             // buffer
};

}  // namespace freshet::pipeline
