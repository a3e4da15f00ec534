#include "pipeline/position_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace freshet::pipeline::position_metadata_test {

const std::string kRef = "00112233445566778899aabbccddeeff 42";
const std::string kText =
    "freshet/2 " + kRef + " off 0123456789abcdef 1602633600123 7:-3:00000000000000ff";

PositionMetadata metadata(std::uint64_t number) {
  PositionMetadata metadata;
  auto& bytes = metadata.marker.lineage.bytes;
  for (std::size_t i = 0; i < 16; ++i) bytes[i] = static_cast<std::uint8_t>(i * 17);
  metadata.marker.number = number;
  metadata.state = CommittedState{false, 0x0123'4567'89ab'cdef, EventTime{1'602'633'600'123},
                                  stateful::LastRecord{Offset{7}, EventTime{-3}, 255}};
  return metadata;
}

TEST(PositionMetadataTest, IsTheTextThatTheFormatSays) {
  EXPECT_EQ(encode_position_metadata(metadata(42)), kText);
  PositionMetadata empty = metadata(42);
  empty.state = CommittedState{true, 1, std::nullopt, std::nullopt};
  EXPECT_EQ(encode_position_metadata(empty), "freshet/2 " + kRef + " on 0000000000000001 - -");
}

TEST(PositionMetadataTest, ComesBackAsItWas) {
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{42}, std::numeric_limits<std::uint64_t>::max()}) {
    PositionMetadata all = metadata(number);
    PositionMetadata timeless = all;
    timeless.state->last_record->record_time.reset();
    PositionMetadata of_nothing = all;
    of_nothing.state = CommittedState{true, 0, std::nullopt, std::nullopt};
    for (const PositionMetadata& one : {all, timeless, of_nothing}) {
      const auto back = decode_position_metadata(encode_position_metadata(one));
      ASSERT_TRUE(back) << encode_position_metadata(one);
      EXPECT_EQ(*back, one);
    }
  }
}

TEST(PositionMetadataTest, FormatOneNamesTheMarkerAlone) {
  const auto back = decode_position_metadata("freshet/1 " + kRef);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->marker, metadata(42).marker);
  EXPECT_FALSE(back->state);
}

TEST(PositionMetadataTest, EveryTruncationIsRefused) {
  for (std::size_t length = 0; length < kText.size(); ++length) {
    EXPECT_FALSE(decode_position_metadata(kText.substr(0, length))) << length;
  }
}

TEST(PositionMetadataTest, WhatIsNotOursIsRefusedWithTheRemedy) {
  const std::string state = " off 0123456789abcdef 1602633600123 ";
  for (const std::string& text : std::vector<std::string>{
           "of another program", "freshet/3" + kText.substr(9), kText + "x", kText + " ",
           "freshet/1 " + kRef + "x", "freshet/1 " + kRef + " ", "freshet/1 " + kRef + " off",
           "freshet/1 0011223344556677" + std::string(16, 'G') + " 42",
           "freshet/1 00112233445566778899AABBCCDDEEFF 42",
           "freshet/1 00112233445566778899aabbccddeeff -1",
           "freshet/1 00112233445566778899aabbccddeeff 18446744073709551616",
           "freshet/1 00112233445566778899aabbccddeeff0 42", "freshet/2 " + kRef + " Off - - -",
           "freshet/2 " + kRef + " off 0123456789abcdeg - -",
           "freshet/2 " + kRef + " off 123456789abcdef - -", "freshet/2 " + kRef + state + "7:-3",
           "freshet/2 " + kRef + state + "-7:-3:00000000000000ff",
           "freshet/2 " + kRef + state + "7:--3:00000000000000ff",
           "freshet/2 " + kRef + state + "7:-3:00000000000000ff:"}) {
    const auto back = decode_position_metadata(text);
    ASSERT_FALSE(back) << text;
    EXPECT_EQ(back.error().code, ErrorCode::kInvalidConfig);
    EXPECT_THAT(back.error().message, ::testing::HasSubstr("\"" + text.substr(0, 80) + "\""));
    EXPECT_THAT(back.error().message, ::testing::HasSubstr("choose another application_id"));
  }
}

}  // namespace freshet::pipeline::position_metadata_test
