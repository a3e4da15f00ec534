// ScoreObserver: sees what each event was scored on, and what was then published of it.
//
// For whoever checks, explains or learns from a run (`replay --verify`, `--explain`,
// `--export-examples`). A task without one pays a comparison with null per event.
// Errors:  an observer keeps its own; it cannot change what is published
// Threads: called on the task's thread. Everything handed over lives until the call returns.
#pragma once

#include <cstddef>
#include <span>

#include "common/time.h"
#include "pipeline/events/event.h"
#include "pipeline/events/record.h"
#include "pipeline/scoring/hot_user.h"
#include "pipeline/scoring/served_model.h"
#include "scorer/candidates/candidate_scorer.h"

namespace freshet::pipeline {

// What one event's scores come from, as the fast path computed it. Without candidates nothing is
// computed: u and logits are empty, too.
struct ScoredOn {
  const Event& event;
  EventTime stream_time;
  const HotUser& user;  // a click is inserted already, an impression's click is not
  const Windows& windows;
  const ServedModel& served;  // that scored it
  std::span<const float> u;   // [P d]
  std::span<const scorer::ItemRow> candidates;
  std::span<const scorer::CandidateLogit> logits;  // [candidates]
  std::size_t model = 0;  // index in the task's models: 0 the primary, and so that of user.view()
};

class ScoreObserver {
 public:
  virtual ~ScoreObserver() = default;

  // Called for each accepted event and each of the task's models in their order, before the output
  // is made, which is the primary's.
  virtual void on_scored(const ScoredOn& scored) = 0;

  // Called for each record with the output or dead letter that the task hands to be published.
  virtual void on_output(const InputRecord& record, const OutputRecord& output) = 0;
};

}  // namespace freshet::pipeline
