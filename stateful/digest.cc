// term(user, value) := XXH3-128(seed kSeed, length(user):u32 le | user | value)
// digest            := sum of the terms mod 2^128
#include "stateful/digest.h"

#include <xxhash.h>

#include <cstdio>

#include "common/check.h"
#include "common/coding.h"

namespace freshet::stateful {
namespace {

constexpr std::uint64_t kSeed = 0x6672657368657431;  // "freshet1"

}  // namespace

Digest& Digest::operator+=(const Digest& other) {
  low += other.low;
  high += other.high + (low < other.low ? 1 : 0);
  return *this;
}

Digest& Digest::operator-=(const Digest& other) {
  high -= other.high + (low < other.low ? 1 : 0);
  low -= other.low;
  return *this;
}

std::string Digest::hex() const {
  char digits[33];
  const int length =
      std::snprintf(digits, sizeof digits, "%016llx%016llx", static_cast<unsigned long long>(high),
                    static_cast<unsigned long long>(low));
  FRESHET_CHECK(length == 32);
  return digits;
}

Digest digest_of_user(const UserId& user, std::string_view stored_value) {
  std::string keyed;
  keyed.reserve(4 + user.view().size() + stored_value.size());
  put_u32_le(&keyed, static_cast<std::uint32_t>(user.view().size()));
  keyed.append(user.view());
  keyed.append(stored_value);
  const XXH128_hash_t hash = XXH3_128bits_withSeed(keyed.data(), keyed.size(), kSeed);
  return {hash.low64, hash.high64};
}

Digest logical_digest_of_user(const UserId& user, const UserState& state,
                              std::span<const BehaviourLimits> behaviours, EventTime stream_time) {
  FRESHET_CHECK(behaviours.size() == state.sequences.size());
  bool anything_visible = false;
  for (std::size_t b = 0; b < behaviours.size(); ++b) {
    anything_visible |= state.sequences[b].visible(stream_time, behaviours[b].age_max).count > 0;
  }
  if (!anything_visible) return {};
  return digest_of_user(user, encode_visible(state, behaviours, stream_time));
}

}  // namespace freshet::stateful
