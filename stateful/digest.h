// Digests of a partition's users: order-free 128-bit sums of a keyed hash per user.
//
// The stored digest covers every user as stored and is kept up to date by add and remove; it is
// compared only along one changelog lineage. The logical digest covers the visible clicks alone,
// skips users without any, and is computed by scan: collection does not change it, so it is what
// two histories of the same input are compared by.
// Source: sum mod 2^128 of XXH3-128 with a fixed seed over (length of user, user, value);
// docs/formats.md, "Digests". Guards against accidents, not against an adversary.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/ids.h"
#include "common/time.h"
#include "stateful/user_state.h"

namespace freshet::stateful {

struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const Digest&) const = default;

  Digest& operator+=(const Digest& other);  // mod 2^128
  Digest& operator-=(const Digest& other);
  std::string hex() const;  // 32 lower-case digits, high half first
};

// The term of one user in the stored digest.
Digest digest_of_user(const UserId& user, std::string_view stored_value);

// The term of one user in the logical digest: zero when nothing is visible at T.
Digest logical_digest_of_user(const UserId& user, const UserState& state,
                              std::span<const BehaviourLimits> behaviours, EventTime stream_time);

}  // namespace freshet::stateful
