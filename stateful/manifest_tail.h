// The end of a RocksDB MANIFEST: a torn write, which is harmless, or a damaged length, which is
// not.
//
// RocksDB takes a record that is longer than what is left of its file for the last write of a
// process that died, and leaves it out with all that follows. A flipped bit in a length looks the
// same, but what is left out then has been relied upon: tables of flushed users would be missing
// under the newer batches of the write-ahead log, without an error. The record's check tells the
// two apart, as it does not cover the length: the bytes of a whole record still match it.
//
// Cost:   reads at most the last 32 KiB
// Source: RocksDB's log format: blocks of 32 KiB; record = crc32c:u32 le, masked | length:u16 le |
//         type:u8 | bytes; the check covers type and bytes
#pragma once

#include <string_view>

namespace freshet::stateful {

// `last_block` is what lies behind the last multiple of 32 KiB of the file.
bool hides_a_whole_record(std::string_view last_block);

}  // namespace freshet::stateful
