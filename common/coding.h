// Byte coding shared by every binary format: little-endian integers and LEB128 varints.
//
// Writers append to a std::string. ByteReader reads with bounds: a read past the end, or a varint
// that is longer than 10 bytes, does not fit 64 bits or is not the shortest form, makes the reader
// fail and stay failed, and every later read returns 0. The caller tests ok() once, at the end.
// Shortest-form only, because stored values are canonical: one state, one byte string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace freshet {

void put_u8(std::string* out, std::uint8_t value);
void put_u32_le(std::string* out, std::uint32_t value);
void put_u64_le(std::string* out, std::uint64_t value);
void put_u32_be(std::string* out, std::uint32_t value);  // keys only: bytes sort like the number
void put_varint(std::string* out, std::uint64_t value);
void put_zigzag(std::string* out, std::int64_t value);
// A varint length, then the bytes.
void put_length_prefixed(std::string* out, std::string_view bytes);

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t u8();
  std::uint32_t u32_le();
  std::uint64_t u64_le();
  std::uint32_t u32_be();
  std::uint64_t varint();
  std::int64_t zigzag();
  std::string_view bytes(std::uint64_t count);
  std::string_view length_prefixed();

  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }
  std::size_t remaining() const { return bytes_.size(); }

 private:
  std::string_view take(std::uint64_t count);

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace freshet
