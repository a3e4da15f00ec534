// Sealed values: version byte | body | XXH3-64 of all before. The frame of everything that is
// stored.
//
// The check comes before the version is looked at, and every future format keeps this frame: so a
// flipped bit in the version byte is damage, and only an intact value of a newer Freshet is newer.
// Errors: kCorruptState for bytes that fail their check or have no known version, kInvalidConfig
// naming the version for an intact value of a newer format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/status.h"

namespace freshet::stateful {

// Appends the check of everything that `value` holds.
void seal(std::string* value);

// Returns the body of a sealed value of format 1 to `version_max`. `what` names it in messages
// ("stored value").
struct OpenedValue {
  std::uint8_t version = 0;
  std::string_view body;
};
Result<OpenedValue> unseal(std::string_view bytes, std::uint8_t version_max, std::string_view what);

// XXH3-64 with seed 0.
std::uint64_t xxh3_64(std::string_view bytes);

}  // namespace freshet::stateful
