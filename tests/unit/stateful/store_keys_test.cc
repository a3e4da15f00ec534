#include "stateful/store_keys.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace freshet::stateful {
namespace store_keys_test {

constexpr Partition kLargest{std::numeric_limits<std::int32_t>::max()};

constexpr Slot kSlotOne{Partition{1}, 0};
constexpr Slot kSlotLater{Partition{1}, 258};

TEST(StoreKeysTest, MarkerSortsBeforeItsUsersAndUsersBeforeTheEnd) {
  EXPECT_EQ(user_key({Partition{258}, 0}, UserId("u1")), std::string("\0\0\1\2u1", 6));
  EXPECT_EQ(user_key(kSlotLater, UserId("u1")), std::string("\x80\0\0\0\1\0\0\1\2u1", 11));
  for (const Slot slot : {kSlotOne, kSlotLater}) {
    EXPECT_LT(marker_key(slot), user_key(slot, UserId(std::string_view("\0", 1))));
    EXPECT_LT(user_key(slot, UserId("\xF4\x8F\xBF\xBF")), slot_end(slot));
  }
  EXPECT_EQ(slot_end(kSlotOne), marker_key({Partition{2}, 0}));
  EXPECT_EQ(slot_end(kSlotLater), marker_key({Partition{1}, 259}));
}

TEST(StoreKeysTest, SlotsStandApartAndTheMetaRangeAfterThem) {
  constexpr std::uint32_t kLastNumber = std::numeric_limits<std::uint32_t>::max() - 1;
  EXPECT_LT(user_key({kLargest, 0}, UserId("\xF4\x8F\xBF\xBF")), marker_key({Partition{0}, 1}));
  EXPECT_LT(slot_end({Partition{1}, kLastNumber}), marker_key({Partition{2}, 1}));
  EXPECT_LT(slot_end({kLargest, kLastNumber}), kSlotsEnd);
  EXPECT_LT(kSlotsEnd, kMetaKey);
  EXPECT_LT(kMetaKey, slot_key(Partition{0}));
}

TEST(StoreKeysTest, KeysSayWhatTheyAreOf) {
  for (const Slot slot : {kSlotOne, kSlotLater, Slot{kLargest, 0}, Slot{kLargest, 1}}) {
    const std::string user = user_key(slot, UserId("u1"));
    EXPECT_EQ(slot_of_key(user), slot);
    EXPECT_EQ(user_of_key(user), "u1");
    EXPECT_FALSE(is_marker_key(user));
    EXPECT_TRUE(is_marker_key(marker_key(slot)));
    EXPECT_EQ(slot_of_key(marker_key(slot)), slot);
  }
  EXPECT_TRUE(is_slot_key(slot_key(kLargest)));
  EXPECT_FALSE(is_slot_key(kMetaKey));
  EXPECT_EQ(partition_of_slot_key(slot_key(kLargest)), kLargest);
}

TEST(StoreKeysTest, MetaNamesTheApplication) {
  EXPECT_EQ(decode_meta(encode_meta("freshet", false), "it").value(), "freshet");
  EXPECT_EQ(decode_meta(encode_meta("freshet", true), "it").value(), "freshet");
  std::string damaged = encode_meta("freshet", false);
  damaged[3] = 'x';
  EXPECT_EQ(decode_meta(damaged, "it").error().code, ErrorCode::kCorruptState);
}

TEST(StoreKeysTest, MetaHasFormatTwoWhereThereAreSlotsAndElseOne) {
  EXPECT_EQ(encode_meta("freshet", false)[0], 1);
  EXPECT_EQ(encode_meta("freshet", true)[0], 2);
}

TEST(StoreKeysTest, SlotRecordNamesALaterSlot) {
  EXPECT_EQ(decode_slot(encode_slot(300), "it").value(), 300U);
  std::string damaged = encode_slot(300);
  damaged[1] ^= 1;
  EXPECT_EQ(decode_slot(damaged, "it").error().code, ErrorCode::kCorruptState);
  EXPECT_EQ(decode_slot(encode_slot(0), "it").error().code, ErrorCode::kCorruptState);
  EXPECT_EQ(decode_slot(encode_slot(std::numeric_limits<std::uint32_t>::max()), "it").error().code,
            ErrorCode::kCorruptState);
}

TEST(StoreKeysDeathTest, UserWithoutAnIdIsCaught) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(user_key({Partition{0}, 0}, UserId()), "check failed");
  EXPECT_DEATH(marker_key({Partition{-1}, 0}), "check failed");
}

}  // namespace store_keys_test
}  // namespace freshet::stateful
