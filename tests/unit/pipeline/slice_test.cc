#include "pipeline/state/slice.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::slice_test {

TEST(SliceTest, AnEmptyOneHasABatchWithoutUsers) {
  const Slice slice;
  EXPECT_EQ(slice.size(), 0U);
  EXPECT_EQ(slice.bytes(), 0U);
  EXPECT_EQ(slice.find(UserId("a")), nullptr);
  EXPECT_TRUE(slice.batch()->users.empty());
}

TEST(SliceTest, AUserThatIsAddedAgainKeepsItsPlaceAndHasItsLastValue) {
  Slice slice;
  slice.add({UserId("a"), "first"});
  slice.add({UserId("b"), "other"});
  slice.add({UserId("a"), std::nullopt});
  ASSERT_EQ(slice.size(), 2U);
  EXPECT_EQ(slice.batch()->users[0].user, UserId("a"));
  EXPECT_EQ(slice.batch()->users[0].value, std::nullopt);
  EXPECT_EQ(slice.bytes(), 1U + 1U + 5U);
}

TEST(SliceTest, ADeletedUserIsFound) {
  Slice slice;
  slice.add({UserId("a"), std::nullopt});
  ASSERT_NE(slice.find(UserId("a")), nullptr);
  EXPECT_EQ(slice.find(UserId("a"))->value, std::nullopt);
}

TEST(SliceTest, AgreesWithAMap) {
  Random random(test::test_seed());
  for (int round = 0; round < 20; ++round) {
    Slice slice;
    std::map<std::string, std::optional<std::string>> naive;
    const std::uint64_t users = 1 + random.below(400);
    for (int i = 0; i < 500; ++i) {
      const std::string user = "u" + std::to_string(random.below(users));
      std::optional<std::string> value;
      if (random.chance(0.8)) value = std::string(random.below(40), 'x');
      naive[user] = value;
      slice.add({UserId(user), value});
      const std::string asked = "u" + std::to_string(random.below(users));
      const stateful::UserChange* found = slice.find(UserId(asked));
      ASSERT_EQ(found != nullptr, naive.contains(asked));
      if (found != nullptr) {
        ASSERT_EQ(found->value, naive[asked]);
      }
    }
    ASSERT_EQ(slice.size(), naive.size());
    std::size_t bytes = 0;
    for (const auto& [user, value] : naive) bytes += user.size() + (value ? value->size() : 0);
    EXPECT_EQ(slice.bytes(), bytes);
  }
}

}  // namespace freshet::pipeline::slice_test
