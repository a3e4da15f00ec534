#include "stateful/user_state.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/coding.h"
#include "stateful/sealed_value.h"

namespace freshet::stateful {
namespace user_state_test {

constexpr std::int64_t kNow = 1'602'633'600'123;

std::vector<BehaviourLimits> one_behaviour(std::size_t length_max = 50) {
  return {{"click", length_max, DurationMs{1000}}};
}

Click click(std::int64_t ms, std::string_view item) { return {EventTime{ms}, ItemId(item)}; }

std::string sealed(std::string value) {
  seal(&value);
  return value;
}

// A value of one behaviour with the given clicks' bytes, its check right.
std::string value_of(std::uint64_t count, const std::string& clicks) {
  std::string value("\x01\x01", 2);
  put_varint(&value, count);
  return sealed(value + clicks);
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  put_varint(&bytes, value);
  return bytes;
}

std::string string_item(std::string_view item) {
  return varint(item.size() * 2 + 1) + std::string(item);
}

void expect_corrupt(const std::string& bytes, std::string_view finding) {
  const Result<UserState> decoded = decode_user_state(one_behaviour(), bytes);
  ASSERT_FALSE(decoded.has_value()) << finding;
  EXPECT_EQ(decoded.error().code, ErrorCode::kCorruptState);
  EXPECT_NE(decoded.error().message.find(finding), std::string::npos) << decoded.error().message;
}

std::string item_that_returns(std::string_view item) {
  UserState state(one_behaviour());
  state.sequences[0].insert(click(kNow, item));
  const Result<UserState> decoded = decode_user_state(one_behaviour(), encode_user_state(state));
  EXPECT_TRUE(decoded.has_value());
  return decoded ? decoded->sequences[0][0].item.str() : "";
}

TEST(UserStateTest, EncodingHasTheBytesOfTheGrammar) {
  const std::vector<BehaviourLimits> behaviours = {{"click", 5, DurationMs{1000}},
                                                   {"cart", 5, DurationMs{1000}}};
  UserState state(behaviours);
  state.sequences[0].insert(click(300, "v9"));
  state.sequences[0].insert(click(428, "712"));
  const std::string expected = std::string("\x01\x02", 2)    // format, behaviours
                               + "\x02"                      // clicks of the first
                               + "\xAC\x03" + "\x90\x0B"     // 428; 712 * 2
                               + "\x80\x01" + "\x05" + "v9"  // 428 - 300; 2 * 2 + 1 and bytes
                               + std::string(1, '\0');       // clicks of the second
  EXPECT_EQ(encode_user_state(state), sealed(expected));
}

TEST(UserStateTest, EmptyStateHasElevenBytes) {
  const UserState state(one_behaviour());
  EXPECT_TRUE(state.empty());
  EXPECT_EQ(encode_user_state(state).size(), 11U);
  const Result<UserState> decoded = decode_user_state(one_behaviour(), encode_user_state(state));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, state);
}

TEST(UserStateTest, NumericClickTakesAtMostTwelveBytes) {
  const auto behaviours = one_behaviour(50);
  UserState state(behaviours);
  for (std::int64_t i = 0; i < 51; ++i) {
    // Gaps of two years and the largest id of ten digits: the widest that can come up.
    const EventTime ts{kEventTimeMin.ms + i * 2LL * 365 * 24 * 3600 * 1000};
    ASSERT_LT(ts, kEventTimeEnd);
    state.sequences[0].insert({ts, ItemId(std::to_string(9'999'999'999 - i))});
  }
  EXPECT_LE(encode_user_state(state).size(), 51U * 12U);
}

TEST(UserStateTest, IdsComeBackByteForByte) {
  for (const std::string_view item :
       {"0", "712", "0712", "00", "-1", "+1", "1.0", "999999999999999999", "1000000000000000000",
        "18446744073709551616", "v9", "\xC3\xA9", " 7", "7 "}) {
    EXPECT_EQ(item_that_returns(item), item);
  }
  EXPECT_EQ(item_that_returns(std::string(128, 'x')), std::string(128, 'x'));
  EXPECT_EQ(item_that_returns(std::string_view("7\0", 2)), std::string_view("7\0", 2));
}

TEST(UserStateTest, LeadingZerosMakeAnotherItem) {
  UserState state(one_behaviour());
  state.sequences[0].insert(click(kNow, "712"));
  state.sequences[0].insert(click(kNow, "0712"));
  const Result<UserState> decoded = decode_user_state(one_behaviour(), encode_user_state(state));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->sequences[0].size(), 2U);
}

TEST(UserStateTest, DamagedValueFailsItsCheck) {
  UserState state(one_behaviour());
  state.sequences[0].insert(click(kNow, "v9"));
  std::string bytes = encode_user_state(state);
  bytes[4] = static_cast<char>(bytes[4] ^ 1);
  expect_corrupt(bytes, "fail their check");
  expect_corrupt("", "only 0 bytes");
}

TEST(UserStateTest, NewerFormatIsRefusedByName) {
  const Result<UserState> decoded =
      decode_user_state(one_behaviour(), sealed("\x02 whatever comes"));
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(decoded.error().message.find("written by a newer Freshet (format 2"),
            std::string::npos);
}

TEST(UserStateTest, NumericIdStoredAsAStringIsCorrupt) {
  expect_corrupt(value_of(1, varint(kNow) + string_item("712")), "canonical form");
  expect_corrupt(value_of(1, varint(kNow) + string_item("0")), "canonical form");
}

TEST(UserStateTest, InvalidIdsAreCorrupt) {
  expect_corrupt(value_of(1, varint(kNow) + string_item("")), "not valid");
  expect_corrupt(value_of(1, varint(kNow) + string_item("\xED\xA0\x80")), "not valid");
  expect_corrupt(value_of(1, varint(kNow) + string_item(std::string(129, 'x'))), "not valid");
  expect_corrupt(value_of(1, varint(kNow) + varint(2'000'000'000'000'000'000)), "not valid");
}

TEST(UserStateTest, ClicksOutOfOrderAreCorrupt) {
  const std::string first = varint(kNow) + string_item("b");
  expect_corrupt(value_of(2, first + varint(0) + string_item("c")), "not in order");
  expect_corrupt(value_of(2, first + varint(0) + string_item("b")), "not in order");
  const Result<UserState> in_order =
      decode_user_state(one_behaviour(), value_of(2, first + varint(0) + string_item("a")));
  EXPECT_TRUE(in_order.has_value());
}

TEST(UserStateTest, TimesOutOfRangeAreCorrupt) {
  const std::string item = string_item("v9");
  const auto end = static_cast<std::uint64_t>(kEventTimeEnd.ms);
  expect_corrupt(value_of(1, varint(end) + item), "out of range");
  expect_corrupt(value_of(2, varint(5) + item + varint(6) + item), "out of range");
  expect_corrupt(value_of(1, varint(~std::uint64_t{0}) + item), "out of range");
  EXPECT_TRUE(decode_user_state(one_behaviour(), value_of(1, varint(end - 1) + item)).has_value());
}

TEST(UserStateTest, LongerVarintsAreCorrupt) {
  expect_corrupt(value_of(1, std::string("\x85\x00", 2) + string_item("v9")), "shortest");
  expect_corrupt(sealed(std::string("\x01\x81\x00\x00", 4)), "behaviours");
}

TEST(UserStateTest, MissingAndTrailingBytesAreCorrupt) {
  const std::string one = varint(kNow) + string_item("v9");
  expect_corrupt(value_of(2, one), "ends within a click");
  expect_corrupt(value_of(1, one + "x"), "too many");
  expect_corrupt(sealed(std::string("\x01\x01", 2)), "too many or too few");
  expect_corrupt(value_of(~std::uint64_t{0}, one), "ends within a click");
}

TEST(UserStateTest, OtherNumberOfBehavioursIsCorrupt) {
  const std::vector<BehaviourLimits> two = {{"click", 5, {}}, {"cart", 5, {}}};
  expect_corrupt(encode_user_state(UserState(two)), "it has 2 behaviours where 1 are configured");
}

TEST(UserStateTest, ShorterLengthKeepsTheNewest) {
  UserState state(one_behaviour(10));
  for (std::int64_t i = 0; i < 11; ++i) state.sequences[0].insert(click(kNow + i, "v9"));
  const Result<UserState> decoded = decode_user_state(one_behaviour(3), encode_user_state(state));
  ASSERT_TRUE(decoded.has_value());
  ASSERT_EQ(decoded->sequences[0].size(), 4U);
  EXPECT_EQ(decoded->sequences[0][0].ts.ms, kNow + 10);
  EXPECT_EQ(decoded->sequences[0][3].ts.ms, kNow + 7);
}

TEST(UserStateTest, CollectionDropsInvisibleClicksOfEveryBehaviour) {
  const std::vector<BehaviourLimits> behaviours = {{"click", 5, DurationMs{1000}},
                                                   {"cart", 5, DurationMs{10}}};
  UserState state(behaviours);
  for (Sequence& sequence : state.sequences) {
    for (const std::int64_t ago : {2000, 500, 0}) sequence.insert(click(kNow - ago, "v9"));
  }
  EXPECT_TRUE(has_invisible(behaviours, EventTime{kNow}, state));
  EXPECT_EQ(collect_invisible(behaviours, EventTime{kNow}, &state), 3U);
  EXPECT_FALSE(has_invisible(behaviours, EventTime{kNow}, state));
  EXPECT_EQ(state.sequences[0].size(), 2U);
  EXPECT_EQ(state.sequences[1].size(), 1U);
  EXPECT_EQ(collect_invisible(behaviours, EventTime{kNow}, &state), 0U);
  EXPECT_EQ(collect_invisible(behaviours, EventTime{kNow + 1001}, &state), 3U);
  EXPECT_TRUE(state.empty());
}

TEST(UserStateTest, VisibleEncodingLeavesOutTheSpareAndTheOldClicks) {
  const auto behaviours = one_behaviour(2);
  UserState state(behaviours);
  UserState shown(behaviours);
  for (const std::int64_t ago : {30, 20, 10}) state.sequences[0].insert(click(kNow - ago, "v9"));
  for (const std::int64_t ago : {20, 10}) shown.sequences[0].insert(click(kNow - ago, "v9"));
  EXPECT_EQ(encode_visible(state, behaviours, EventTime{kNow}), encode_user_state(shown));
  EXPECT_EQ(encode_visible(state, behaviours, EventTime{kNow + 2000}),
            encode_user_state(UserState(behaviours)));
}

TEST(UserStateTest, HeapBytesCountEverySequence) {
  UserState state(one_behaviour());
  EXPECT_EQ(state.heap_bytes(), 0U);  // the first sequence lies in the state itself
  state.sequences[0].insert(click(kNow, "v9"));
  EXPECT_EQ(state.heap_bytes(), state.sequences[0].heap_bytes());
  state.sequences.emplace_back(3);
  EXPECT_GE(state.heap_bytes(), state.sequences[0].heap_bytes() + sizeof(Sequence));
}

}  // namespace user_state_test
}  // namespace freshet::stateful
