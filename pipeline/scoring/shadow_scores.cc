#include "pipeline/scoring/shadow_scores.h"

namespace freshet::pipeline {

OutputRecord ShadowScores::record_of(ScoreEvent event, const ServedModel& model,
                                     const ModelScores& primary, const ModelScores& shadow,
                                     Counters* counters) {
  ShadowCounters& counted = counters->shadow;
  ++counted.records;
  counted.unknown_items += shadow.unknown_items;
  counted.non_finite += shadow.non_finite;
  meter_.compare(primary.scores, shadow.scores, &counted.divergence);

  event.model = model.label;
  event.scores = shadow.scores;
  if (shadow.refusal) {
    event.reason = name_of(shadow.refusal->reason);
    ++counted.refused[static_cast<std::size_t>(shadow.refusal->reason)];
  }
  encode_score_event(event, &encoded_);
  return {OutputTopic::kShadow, std::string(event.user_id), encoded_, {}};
}

}  // namespace freshet::pipeline
