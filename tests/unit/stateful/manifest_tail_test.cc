#include "stateful/manifest_tail.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "common/coding.h"

namespace freshet::stateful {
namespace manifest_tail_test {

// CRC-32C bit by bit, and masked as RocksDB stores it.
std::uint32_t check_of(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

std::string record(const std::string& payload) {
  constexpr std::uint8_t kFull = 1;
  std::string out;
  put_u32_le(&out, check_of(std::string(1, '\1') + payload));
  put_u8(&out, static_cast<std::uint8_t>(payload.size() & 0xFF));
  put_u8(&out, static_cast<std::uint8_t>(payload.size() >> 8));
  put_u8(&out, kFull);
  return out + payload;
}

const std::string kFirst = record("the first edit");
const std::string kSecond = record("the second edit, which is longer");

TEST(ManifestTailTest, WholeRecordsHideNothing) {
  EXPECT_FALSE(hides_a_whole_record(""));
  EXPECT_FALSE(hides_a_whole_record(kFirst));
  EXPECT_FALSE(hides_a_whole_record(kFirst + kSecond));
  EXPECT_FALSE(hides_a_whole_record(record("") + kSecond));
}

TEST(ManifestTailTest, TornLastRecordHidesNothing) {
  for (std::size_t size = 0; size < kSecond.size(); ++size) {
    EXPECT_FALSE(hides_a_whole_record(kFirst + kSecond.substr(0, size))) << size << " bytes";
  }
}

TEST(ManifestTailTest, LengthBeyondTheEndOfAWholeRecordIsFound) {
  constexpr std::size_t kLengthAt = 4;
  for (const std::size_t record_at : {std::size_t{0}, kFirst.size()}) {
    for (std::size_t bit = 0; bit < 16; ++bit) {
      std::string damaged = kFirst + kSecond;
      char& byte = damaged[record_at + kLengthAt + bit / 8];
      const std::size_t length = (record_at == 0 ? kFirst : kSecond).size() - 7;
      byte = static_cast<char>(byte ^ (1 << (bit % 8)));
      // A length that stays in the file is found by its check, as RocksDB reads it.
      if ((length ^ (std::size_t{1} << bit)) <= damaged.size() - record_at - 7) continue;
      EXPECT_TRUE(hides_a_whole_record(damaged)) << "bit " << bit << " at " << record_at;
    }
  }
}

}  // namespace manifest_tail_test
}  // namespace freshet::stateful
