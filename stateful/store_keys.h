// The keys of the RocksDB store, and the values that name its format, application and slots.
//
// A partition's state lies in a slot: 0 until it is set aside for the first time, then the next
// number that is free. So setting aside moves no user: the slot record names another slot.
//
//   slot 0      := partition:u32 be                          partition in [0, 2^31)
//   later slot  := 80 | partition:u32 be | number:u32 be     sorts after every slot 0
//   user key    := slot | user id                            user id not empty
//   marker key  := slot                                      sorts before the slot's users
//   meta key    := ff ff ff ff                               no slot has it: they end at 80 7f...
//   slot key    := ff ff ff ff | partition:u32 be            there once a later slot is live
//   meta value  := version:u8 | application_id_length:varint | application_id | check:u64 le
//                  version 2 once there is a slot key, so that a reader of 1 refuses the directory
//   slot value  := version:u8 = 1 | number:varint | check:u64 le
// Errors: those of sealed_value.h
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/ids.h"
#include "common/log_position.h"
#include "common/status.h"

namespace freshet::stateful {

struct Slot {
  Partition partition;
  std::uint32_t number = 0;
  auto operator<=>(const Slot&) const = default;
};

inline constexpr std::string_view kMetaKey = "\xff\xff\xff\xff";
// The first key after those of every slot.
inline constexpr std::string_view kSlotsEnd = "\x81";

std::string marker_key(Slot slot);
std::string user_key(Slot slot, const UserId& user);
// The first key after those of the slot.
std::string slot_end(Slot slot);
// The slot of a user key or marker key. Requires one of them.
Slot slot_of_key(std::string_view key);
bool is_marker_key(std::string_view key);
// The user id of a user key.
std::string_view user_of_key(std::string_view key);

std::string slot_key(Partition partition);
bool is_slot_key(std::string_view key);
Partition partition_of_slot_key(std::string_view key);
std::string encode_slot(std::uint32_t number);
Result<std::uint32_t> decode_slot(std::string_view bytes, std::string_view what);

std::string encode_meta(std::string_view application_id, bool has_slots);
// Returns the application_id. `what` names the directory in messages.
Result<std::string> decode_meta(std::string_view bytes, std::string_view what);

}  // namespace freshet::stateful
