// UserState: one user's sequences, one per configured behaviour, and their canonical bytes.
//
// Encoding: equal states give equal bytes; format version 1, checked with a 64-bit hash; at most 12
// bytes a click for numeric ids of up to 10 digits (docs/formats.md, "Stored value"; the grammar
// stands in user_state.cc). decode_user_state detects every truncation and flipped bit.
// Errors: kCorruptState for bytes that fail their check, kInvalidConfig naming the version for a
// newer format.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "common/first_in_place.h"
#include "common/status.h"
#include "common/time.h"
#include "stateful/sequence.h"

namespace freshet::stateful {

// What the state needs to know of a configured behaviour.
struct BehaviourLimits {
  std::string name;
  std::size_t length_max = 50;
  DurationMs age_max{7LL * 24 * 3600 * 1000};
};

struct UserState {
  FirstInPlace<Sequence> sequences;  // [behaviours], in the configured order

  explicit UserState(std::span<const BehaviourLimits> behaviours);
  bool empty() const;  // no click in any sequence
  std::size_t heap_bytes() const;
  bool operator==(const UserState& other) const = default;
};

// Whether a click is invisible at stream time T.
bool has_invisible(std::span<const BehaviourLimits> behaviours, EventTime stream_time,
                   const UserState& state);
// Drops the clicks that are invisible at stream time T. Returns how many.
std::size_t collect_invisible(std::span<const BehaviourLimits> behaviours, EventTime stream_time,
                              UserState* state);

// The canonical bytes. Requires every ts in [1970, 2100).
std::string encode_user_state(const UserState& state);
// The canonical bytes of the state that holds only the clicks visible at stream time T.
std::string encode_visible(const UserState& state, std::span<const BehaviourLimits> behaviours,
                           EventTime stream_time);
// Where a stored sequence is longer than length_max + 1 (a length that was made shorter), the
// newest are kept.
Result<UserState> decode_user_state(std::span<const BehaviourLimits> behaviours,
                                    std::string_view bytes);

}  // namespace freshet::stateful
