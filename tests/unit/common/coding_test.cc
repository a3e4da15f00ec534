#include "common/coding.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace freshet {
namespace coding_test {

template <class Put, class Value>
std::string bytes_of(const Put& put, Value value) {
  std::string out;
  put(&out, value);
  return out;
}

// Reads one varint and says whether the reader took it and ended there.
bool is_varint(std::string_view bytes) {
  ByteReader reader(bytes);
  reader.varint();
  return reader.ok() && reader.at_end();
}

const std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

TEST(CodingTest, FixedIntegersAreLittleEndianAndKeysBigEndian) {
  EXPECT_EQ(bytes_of(put_u8, std::uint8_t{0xAB}), "\xAB");
  EXPECT_EQ(bytes_of(put_u32_le, 0x01020304U), "\x04\x03\x02\x01");
  EXPECT_EQ(bytes_of(put_u64_le, 0x0102030405060708U), "\x08\x07\x06\x05\x04\x03\x02\x01");
  EXPECT_EQ(bytes_of(put_u32_be, 0x01020304U), "\x01\x02\x03\x04");
}

TEST(CodingTest, BigEndianKeysSortLikeTheirNumbers) {
  const std::vector<std::uint32_t> ascending = {0, 1, 127, 128, 255, 256, 65535, 65536, 1U << 31};
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    EXPECT_LT(bytes_of(put_u32_be, ascending[i - 1]), bytes_of(put_u32_be, ascending[i]));
  }
}

TEST(CodingTest, VarintHasTheKnownBytes) {
  EXPECT_EQ(bytes_of(put_varint, std::uint64_t{0}), std::string(1, '\0'));
  EXPECT_EQ(bytes_of(put_varint, std::uint64_t{127}), "\x7F");
  EXPECT_EQ(bytes_of(put_varint, std::uint64_t{128}), "\x80\x01");
  EXPECT_EQ(bytes_of(put_varint, std::uint64_t{300}), "\xAC\x02");
  EXPECT_EQ(bytes_of(put_varint, kLargest), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
}

TEST(CodingTest, VarintsRoundTripAtEveryLength) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const std::uint64_t value : {std::uint64_t{1} << shift, (std::uint64_t{1} << shift) - 1}) {
      const std::string bytes = bytes_of(put_varint, value);
      ByteReader reader(bytes);
      EXPECT_EQ(reader.varint(), value);
      EXPECT_TRUE(reader.ok() && reader.at_end());
    }
  }
}

TEST(CodingTest, VarintThatIsNotTheShortestIsRefused) {
  EXPECT_FALSE(is_varint(std::string_view("\x80\x00", 2)));
  EXPECT_FALSE(is_varint(std::string_view("\xFF\x00", 2)));
  EXPECT_FALSE(is_varint(std::string_view("\x80\x80\x00", 3)));
  EXPECT_TRUE(is_varint(std::string_view("\x00", 1)));
}

TEST(CodingTest, VarintThatDoesNotFitOrDoesNotEndIsRefused) {
  EXPECT_FALSE(is_varint("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"));
  EXPECT_FALSE(is_varint("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x81\x01"));
  EXPECT_FALSE(is_varint("\x80"));
  EXPECT_FALSE(is_varint(""));
}

TEST(CodingTest, ZigzagKeepsTheSign) {
  EXPECT_EQ(bytes_of(put_zigzag, std::int64_t{-1}), "\x01");
  EXPECT_EQ(bytes_of(put_zigzag, std::int64_t{1}), "\x02");
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1602633600123},
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    const std::string bytes = bytes_of(put_zigzag, value);
    EXPECT_EQ(ByteReader(bytes).zigzag(), value);
  }
}

TEST(CodingTest, LengthPrefixedBytesRoundTrip) {
  std::string out;
  put_length_prefixed(&out, "");
  put_length_prefixed(&out, std::string_view("a\0b", 3));
  ByteReader reader(out);
  EXPECT_EQ(reader.length_prefixed(), "");
  EXPECT_EQ(reader.length_prefixed(), std::string_view("a\0b", 3));
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST(CodingTest, ReaderFailsPastTheEndAndStaysFailed) {
  ByteReader reader("\x01\x02\x03");
  EXPECT_EQ(reader.u32_le(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0U);
  EXPECT_EQ(reader.varint(), 0U);
  EXPECT_EQ(reader.bytes(1), "");
  EXPECT_FALSE(reader.ok());
}

TEST(CodingTest, LengthBeyondTheEndFailsWithoutReading) {
  std::string out;
  put_varint(&out, kLargest);
  out.append("abc");
  ByteReader reader(out);
  EXPECT_EQ(reader.length_prefixed(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(CodingTest, FixedIntegersRoundTrip) {
  std::string out;
  put_u8(&out, 0xFE);
  put_u32_le(&out, 0xFEDCBA98U);
  put_u64_le(&out, 0xFEDCBA9876543210U);
  put_u32_be(&out, 0xFEDCBA98U);
  ByteReader reader(out);
  EXPECT_EQ(reader.u8(), 0xFE);
  EXPECT_EQ(reader.u32_le(), 0xFEDCBA98U);
  EXPECT_EQ(reader.u64_le(), 0xFEDCBA9876543210U);
  EXPECT_EQ(reader.remaining(), 4U);
  EXPECT_EQ(reader.u32_be(), 0xFEDCBA98U);
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

}  // namespace coding_test
}  // namespace freshet
