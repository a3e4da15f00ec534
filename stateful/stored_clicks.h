// What the bytes of a stored value (stateful/user_state.h) tell of its clicks without being
// decoded.
//
// Errors:  none: of a value that cannot be read they say what has it decoded, which names the error
// Threads: free functions
// Cost:    linear in the bytes, a seventh of decoding them; no allocation
// Oracle:  decode_user_state and collect_invisible (tests/property/stateful)
#pragma once

#include <span>
#include <string_view>

#include "common/time.h"
#include "stateful/user_state.h"

namespace freshet::stateful {

// False only where the value is intact and collect_invisible() would drop nothing of it at stream
// time T.
bool may_hold_invisible(std::span<const BehaviourLimits> behaviours, std::string_view value,
                        EventTime stream_time);

}  // namespace freshet::stateful
