// ShadowScores: what a second model makes of an event, as the record of a topic of its own.
//
// The value is the score event that the model would give as the primary one. Where it can score
// nothing there is a record all the same, without scores and with the reason, so that each accepted
// event has one. Counts what is made, and how far the two models lie apart.
// Errors:  none: whatever the shadow does, the main output stays
// Threads: one. Cost: encoding, and that of divergence.h
#pragma once

#include <string>

#include "pipeline/events/output_encoder.h"
#include "pipeline/scoring/model_scorer.h"
#include "pipeline/status/counters.h"
#include "pipeline/status/divergence.h"

namespace freshet::pipeline {

class ShadowScores {
 public:
  // The record of the event that `event` tells of, with `shadow`'s scores in the primary's place.
  OutputRecord record_of(ScoreEvent event, const ServedModel& model, const ModelScores& primary,
                         const ModelScores& shadow, Counters* counters);

 private:
  DivergenceMeter meter_;
  std::string encoded_;
};

}  // namespace freshet::pipeline
