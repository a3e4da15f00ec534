// The keys of the RocksDB store, and the value that names its format and application.
//
//   user key    := partition:u32 be | user id        partition in [0, 2^31), user id not empty
//   marker key  := partition:u32 be                   sorts before the partition's users
//   meta key    := ff ff ff ff                        no partition has it: they end at 7fffffff
//   meta value  := version:u8 = 1 | application_id_length:varint | application_id | check:u64 le
// Errors: those of sealed_value.h
#pragma once

#include <string>
#include <string_view>

#include "common/ids.h"
#include "common/log_position.h"
#include "common/status.h"

namespace freshet::stateful {

inline constexpr std::string_view kMetaKey = "\xff\xff\xff\xff";
// The first key after those of every partition.
inline constexpr std::string_view kPartitionsEnd{"\x80\0\0\0", 4};

std::string marker_key(Partition partition);
std::string user_key(Partition partition, const UserId& user);
// The first key after those of the partition.
std::string partition_end(Partition partition);
// The partition of a user key or marker key. Requires one of them.
Partition partition_of_key(std::string_view key);
bool is_marker_key(std::string_view key);
// The user id of a user key.
std::string_view user_of_key(std::string_view key);

std::string encode_meta(std::string_view application_id);
// Returns the application_id. `what` names the directory in messages.
Result<std::string> decode_meta(std::string_view bytes, std::string_view what);

}  // namespace freshet::stateful
