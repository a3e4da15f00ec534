#include "pipeline/position_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace freshet::pipeline::position_metadata_test {

const std::string kText = "freshet/1 00112233445566778899aabbccddeeff 42";

MarkerRef marker(std::uint64_t number) {
  MarkerRef marker;
  for (std::size_t i = 0; i < 16; ++i) marker.lineage.bytes[i] = static_cast<std::uint8_t>(i * 17);
  marker.number = number;
  return marker;
}

TEST(PositionMetadataTest, IsTheTextThatTheFormatSays) {
  EXPECT_EQ(encode_position_metadata(marker(42)), kText);
}

TEST(PositionMetadataTest, ComesBackAsItWas) {
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{42}, std::numeric_limits<std::uint64_t>::max()}) {
    const auto back = decode_position_metadata(encode_position_metadata(marker(number)));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, marker(number));
  }
}

TEST(PositionMetadataTest, EveryTruncationIsRefusedOrAnotherNumber) {
  const std::size_t number_at = kText.size() - 2;
  for (std::size_t length = 0; length <= number_at; ++length) {
    EXPECT_FALSE(decode_position_metadata(kText.substr(0, length))) << length;
  }
}

TEST(PositionMetadataTest, WhatIsNotOursIsRefusedWithTheRemedy) {
  for (const std::string& text : std::vector<std::string>{
           "of another program", "freshet/2" + kText.substr(9), kText + "x", kText + " ",
           "freshet/1 0011223344556677" + std::string(16, 'G') + " 42",
           "freshet/1 00112233445566778899AABBCCDDEEFF 42",
           "freshet/1 00112233445566778899aabbccddeeff -1",
           "freshet/1 00112233445566778899aabbccddeeff 18446744073709551616",
           "freshet/1 00112233445566778899aabbccddeeff0 42"}) {
    const auto back = decode_position_metadata(text);
    ASSERT_FALSE(back) << text;
    EXPECT_EQ(back.error().code, ErrorCode::kInvalidConfig);
    EXPECT_THAT(back.error().message, ::testing::HasSubstr("\"" + text.substr(0, 80) + "\""));
    EXPECT_THAT(back.error().message, ::testing::HasSubstr("choose another application_id"));
  }
}

}  // namespace freshet::pipeline::position_metadata_test
