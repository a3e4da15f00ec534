// A user's saved sequences as one JSON object: what `state get` and `state dump` print.
//
// Clicks newest first, ids and times as sent; `visible` says how many of them, from the newest, are
// visible at the partition's stream time. Errors: none. Cost: linear.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "common/ids.h"
#include "common/log_position.h"
#include "common/time.h"
#include "stateful/user_state.h"

namespace freshet::pipeline {

std::string user_json(Partition partition, const UserId& user, const stateful::UserState& state,
                      std::span<const stateful::BehaviourLimits> limits,
                      std::optional<EventTime> stream_time);

}  // namespace freshet::pipeline
