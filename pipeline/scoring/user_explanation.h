// What a user's representation is made of: the clicks that count, each with its attention weight.
//
// Computes: per behaviour the clicks that a look sees, newest first; for those that the model reads
//           alpha_i of each; and u over the same clicks, with the bits that an output had.
// Shapes:   weights [n] of a behaviour, they add up to 1 where any item is known; U [P d]
// Errors:   none
// Threads:  free functions on what the caller owns
// Cost:     a rebuild, O(n d): for people, not for the path of a record
// Oracle:   scorer/reference/reference.h (tests/unit/pipeline/user_explanation_test.cc)
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/ids.h"
#include "common/time.h"
#include "pipeline/scoring/served_model.h"
#include "stateful/user_state.h"

namespace freshet::pipeline {

struct ExplainedClick {
  ItemId item;
  EventTime ts;
  bool known = false;  // the model has the item; the others are skipped in the sums
  // alpha_i; of self-attention the mean over its rows; of merged the mean of its two parts. None
  // where the model does not read the behaviour, or attends it anew for each candidate.
  std::optional<float> weight;
};

struct ExplainedBehaviour {
  std::string name;
  std::vector<ExplainedClick> clicks;  // newest first
};

struct UserExplanation {
  std::vector<ExplainedBehaviour> behaviours;  // in the configured order
  std::vector<float> representation;           // U [P d]
};

// What a click's output, or a look from outside, is computed on: the clicks visible at T. With
// `as_of`, what an impression or request at that time sees: those strictly before it.
UserExplanation explain_user(const ServedModel& model,
                             std::span<const stateful::BehaviourLimits> limits,
                             const stateful::UserState& state, EventTime stream_time,
                             std::optional<EventTime> as_of = std::nullopt);

// {"user_id":"u1","stream_time":5,"model":"m@7","behaviours":{"click":[{"item_id":"v9","ts":5,
// "weight":0.5}]},"representation":[0.25,-1]}: ids and times as sent; `"known":false` where the
// model lacks the item; a number that is not finite is null.
std::string explanation_json(const UserId& user, const ServedModel& model, EventTime stream_time,
                             const UserExplanation& explanation);

}  // namespace freshet::pipeline
