// The grammar stands in user_state.cc.
#include "stateful/stored_clicks.h"

#include <cstddef>
#include <cstdint>

#include "common/coding.h"
#include "stateful/sealed_value.h"

namespace freshet::stateful {
namespace {

constexpr std::uint8_t kToldFormat = 1;  // of another one nothing is told

// Reads the clicks of a behaviour. Returns true where one is invisible or they cannot be read.
bool may_have_invisible(const BehaviourLimits& limits, EventTime stream_time, ByteReader* reader) {
  const EventTime oldest_seen = stream_time - limits.age_max;
  const std::uint64_t count = reader->varint();
  std::uint64_t ms = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t age = reader->varint();
    ms = i == 0 ? age : ms - age;
    const std::uint64_t header = reader->varint();
    if (header % 2 == 1) static_cast<void>(reader->bytes(header / 2));
    if (!reader->ok()) return true;
    // Those behind were stored with a greater length, and are not decoded.
    if (i > limits.length_max) continue;
    if (EventTime{static_cast<std::int64_t>(ms)} < oldest_seen) return true;
  }
  return false;
}

}  // namespace

bool may_hold_invisible(std::span<const BehaviourLimits> behaviours, std::string_view value,
                        EventTime stream_time) {
  const Result<OpenedValue> opened = unseal(value, kToldFormat, "stored value");
  if (!opened) return true;
  ByteReader reader(opened->body);
  if (reader.varint() != behaviours.size()) return true;
  for (const BehaviourLimits& limits : behaviours) {
    if (may_have_invisible(limits, stream_time, &reader)) return true;
  }
  return !reader.ok() || !reader.at_end();
}

}  // namespace freshet::stateful
