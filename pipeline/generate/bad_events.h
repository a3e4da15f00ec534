// Bad events of many kinds: each a line that a worker refuses, and the reason that it gives.
//
// The reasons are those of docs/formats.md, "Dead letter", that a line of a file can have.
// unknown_item holds where the model does not have the item "nowhere"; such an event is an
// impression that nobody clicked, so it changes no sequence.
// Errors:  none
// Threads: free functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/random.h"

namespace freshet::pipeline {

struct BadEvent {
  std::string line;
  std::string_view reason;
};

inline constexpr std::size_t kBadKinds = 18;

// The n-th kind, of the given user at the given time. Requires kind < kBadKinds.
BadEvent bad_event(std::size_t kind, std::string_view user, std::int64_t ts_ms);
BadEvent random_bad_event(std::string_view user, std::int64_t ts_ms, Random* random);

}  // namespace freshet::pipeline
