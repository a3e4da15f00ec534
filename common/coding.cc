#include "common/coding.h"

#include <algorithm>

namespace freshet {
namespace {

void put_little_endian(std::string* out, std::uint64_t value, int byte_count) {
  for (int i = 0; i < byte_count; ++i) {
    out->push_back(static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i))));
  }
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = (value << 8) | static_cast<std::uint8_t>(bytes[i - 1]);
  }
  return value;
}

}  // namespace

void put_u8(std::string* out, std::uint8_t value) { out->push_back(static_cast<char>(value)); }
void put_u32_le(std::string* out, std::uint32_t value) { put_little_endian(out, value, 4); }
void put_u64_le(std::string* out, std::uint64_t value) { put_little_endian(out, value, 8); }

void put_u32_be(std::string* out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(static_cast<std::uint8_t>(value >> shift)));
  }
}

void put_varint(std::string* out, std::uint64_t value) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(static_cast<std::uint8_t>(value | 0x80)));
    value >>= 7;
  }
  out->push_back(static_cast<char>(static_cast<std::uint8_t>(value)));
}

void put_zigzag(std::string* out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  put_varint(out, (bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void put_length_prefixed(std::string* out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out->append(bytes);
}

std::string_view ByteReader::take(std::uint64_t count) {
  if (!ok_ || count > bytes_.size()) {
    ok_ = false;
    bytes_ = {};
    return {};
  }
  const std::string_view taken = bytes_.substr(0, count);
  bytes_.remove_prefix(count);
  return taken;
}

std::uint8_t ByteReader::u8() {
  const std::string_view taken = take(1);
  return taken.empty() ? 0 : static_cast<std::uint8_t>(taken[0]);
}

std::uint32_t ByteReader::u32_le() { return static_cast<std::uint32_t>(little_endian(take(4))); }
std::uint64_t ByteReader::u64_le() { return little_endian(take(8)); }

std::uint32_t ByteReader::u32_be() {
  std::uint32_t value = 0;
  for (const char byte : take(4)) value = (value << 8) | static_cast<std::uint8_t>(byte);
  return value;
}

std::uint64_t ByteReader::varint() {
  constexpr std::size_t kBytesMax = 10;
  const std::size_t bytes_max = std::min(bytes_.size(), kBytesMax);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes_max; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes_[i]);
    const bool overflows = i + 1 == kBytesMax && byte > 1;
    const bool not_shortest = i > 0 && byte == 0;
    if (overflows || not_shortest) break;
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if (byte >= 0x80) continue;
    bytes_.remove_prefix(i + 1);
    return value;
  }
  ok_ = false;
  bytes_ = {};
  return 0;
}

std::int64_t ByteReader::zigzag() {
  const std::uint64_t bits = varint();
  return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

std::string_view ByteReader::bytes(std::uint64_t count) { return take(count); }
std::string_view ByteReader::length_prefixed() { return take(varint()); }

}  // namespace freshet
