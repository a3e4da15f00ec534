#include "stateful/manifest_tail.h"

#include <nmmintrin.h>

#include <cstdint>

#include "common/coding.h"

namespace freshet::stateful {
namespace {

constexpr std::size_t kHeaderBytes = 7;

// RocksDB stores its checks so, because a check over bytes that hold their own check is weak.
std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8U; }

// Whether the check is that of `type` and some prefix of `bytes`.
bool matches_a_prefix(std::uint32_t check, std::uint8_t type, std::string_view bytes) {
  std::uint32_t crc = _mm_crc32_u8(~0U, type);
  if (masked(~crc) == check) return true;
  for (const char byte : bytes) {
    crc = _mm_crc32_u8(crc, static_cast<std::uint8_t>(byte));
    if (masked(~crc) == check) return true;
  }
  return false;
}

}  // namespace

bool hides_a_whole_record(std::string_view last_block) {
  while (last_block.size() >= kHeaderBytes) {
    ByteReader header(last_block);
    const std::uint32_t check = header.u32_le();
    const std::size_t length = header.u8() | static_cast<std::size_t>(header.u8()) << 8;
    const std::uint8_t type = header.u8();
    const std::string_view rest = last_block.substr(kHeaderBytes);
    if (length > rest.size()) return matches_a_prefix(check, type, rest);
    last_block = rest.substr(length);
  }
  return false;
}

}  // namespace freshet::stateful
