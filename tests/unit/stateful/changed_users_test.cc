#include "stateful/changed_users.h"

#include <gtest/gtest.h>

namespace freshet::stateful {
namespace changed_users_test {

TEST(ChangedUsersTest, WithoutChangesAppliedFromIsThePosition) {
  const ChangedUsers changed;
  EXPECT_EQ(changed.applied_from(Position{42}), Position{42});
  EXPECT_FALSE(changed.oldest().has_value());
}

TEST(ChangedUsersTest, UserKeepsThePlaceOfItsFirstChange) {
  ChangedUsers changed;
  EXPECT_TRUE(changed.note(UserId("u1"), Offset{10}));
  EXPECT_TRUE(changed.note(UserId("u2"), Offset{11}));
  EXPECT_FALSE(changed.note(UserId("u1"), Offset{12}));
  EXPECT_EQ(changed.size(), 2U);
  EXPECT_EQ(changed.oldest()->user, UserId("u1"));
  EXPECT_EQ(changed.oldest()->first_change, Offset{10});
  EXPECT_EQ(changed.applied_from(Position{13}), Position{10});
}

TEST(ChangedUsersTest, TakenUserEntersAgainAtItsNextChange) {
  ChangedUsers changed;
  changed.note(UserId("u1"), Offset{10});
  changed.note(UserId("u2"), Offset{11});
  changed.pop_oldest();
  EXPECT_FALSE(changed.contains(UserId("u1")));
  EXPECT_EQ(changed.applied_from(Position{12}), Position{11});
  EXPECT_TRUE(changed.note(UserId("u1"), Offset{12}));
  EXPECT_EQ(changed.oldest()->user, UserId("u2"));
  EXPECT_EQ(changed.entered(), 3U);
}

TEST(ChangedUsersTest, AppliedFromIsNeverBeyondThePosition) {
  ChangedUsers changed;
  changed.note(UserId("u1"), Offset{10});
  EXPECT_EQ(changed.applied_from(Position{5}), Position{5});
}

TEST(ChangedUsersTest, ClearForgetsEverybody) {
  ChangedUsers changed;
  changed.note(UserId("u1"), Offset{10});
  changed.clear();
  EXPECT_EQ(changed.size(), 0U);
  EXPECT_TRUE(changed.note(UserId("u1"), Offset{3}));
}

TEST(ChangedUsersDeathTest, OffsetsDoNotGoDown) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ChangedUsers changed;
  EXPECT_DEATH(changed.pop_oldest(), "check failed");
  changed.note(UserId("u1"), Offset{10});
  EXPECT_DEATH(changed.note(UserId("u2"), Offset{9}), "check failed");
}

}  // namespace changed_users_test
}  // namespace freshet::stateful
