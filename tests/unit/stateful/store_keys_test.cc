#include "stateful/store_keys.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace freshet::stateful {
namespace store_keys_test {

constexpr Partition kLargest{std::numeric_limits<std::int32_t>::max()};

TEST(StoreKeysTest, MarkerSortsBeforeItsUsersAndUsersBeforeTheEnd) {
  EXPECT_EQ(user_key(Partition{258}, UserId("u1")), std::string("\0\0\1\2u1", 6));
  EXPECT_LT(marker_key(Partition{1}), user_key(Partition{1}, UserId(std::string_view("\0", 1))));
  EXPECT_LT(user_key(Partition{1}, UserId("\xF4\x8F\xBF\xBF")), partition_end(Partition{1}));
  EXPECT_EQ(partition_end(Partition{1}), marker_key(Partition{2}));
}

TEST(StoreKeysTest, MetaKeySortsAfterEveryPartition) {
  EXPECT_EQ(partition_end(kLargest), kPartitionsEnd);
  EXPECT_LT(user_key(kLargest, UserId("z")), kPartitionsEnd);
  EXPECT_LT(kPartitionsEnd, kMetaKey);
}

TEST(StoreKeysTest, KeysSayWhatTheyAreOf) {
  const std::string user = user_key(Partition{7}, UserId("u1"));
  EXPECT_EQ(partition_of_key(user), Partition{7});
  EXPECT_EQ(user_of_key(user), "u1");
  EXPECT_FALSE(is_marker_key(user));
  EXPECT_TRUE(is_marker_key(marker_key(Partition{7})));
  EXPECT_EQ(partition_of_key(marker_key(kLargest)), kLargest);
}

TEST(StoreKeysTest, MetaNamesTheApplication) {
  EXPECT_EQ(decode_meta(encode_meta("freshet"), "it").value(), "freshet");
  std::string damaged = encode_meta("freshet");
  damaged[3] = 'x';
  EXPECT_EQ(decode_meta(damaged, "it").error().code, ErrorCode::kCorruptState);
}

TEST(StoreKeysDeathTest, UserWithoutAnIdIsCaught) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(user_key(Partition{0}, UserId()), "check failed");
  EXPECT_DEATH(marker_key(Partition{-1}), "check failed");
}

}  // namespace store_keys_test
}  // namespace freshet::stateful
