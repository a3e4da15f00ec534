#include "common/random.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

#include "common/hash.h"

namespace freshet {
namespace random_test {

TEST(HashTest, Fnv1aHasThePublishedValues) {
  EXPECT_EQ(fnv1a64(""), 0xcbf29ce484222325U);
  EXPECT_EQ(fnv1a64("a"), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(fnv1a64("foobar"), 0x85944171f73967e8U);
}

TEST(HashTest, Fnv1aTakesBytesAsUnsigned) {
  // One step by hand for the byte FF; a signed char would mix in 64 ones.
  EXPECT_EQ(fnv1a64("\xFF"), (0xcbf29ce484222325U ^ 0xFFU) * 0x100000001b3U);
}

TEST(HashTest, Mix64HasThePublishedValues) {
  EXPECT_EQ(mix64(0), 0xe220a8397b1dcdafU);
  EXPECT_EQ(mix64(1234567), 6457827717110365317U);
}

TEST(RandomTest, SequenceIsThePublishedSplitMix64) {
  Random random(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
        16408922859458223821U}) {
    EXPECT_EQ(random.next(), expected);
  }
}

TEST(RandomTest, BelowStaysBelowAndReachesEveryValue) {
  Random random(7);
  std::array<int, 5> seen{};
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t value = random.below(seen.size());
    ASSERT_LT(value, seen.size());
    ++seen[value];
  }
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(RandomTest, UnitAndUniformStayInTheirRange) {
  Random random(8);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double unit = random.unit();
    ASSERT_TRUE(unit >= 0.0 && unit < 1.0);
    sum += unit;
    const double between = random.uniform(-2.0, 3.0);
    ASSERT_TRUE(between >= -2.0 && between < 3.0);
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);
}

TEST(RandomTest, ChanceOfZeroNeverAndOfOneAlways) {
  Random random(9);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(random.chance(0.0));
    EXPECT_TRUE(random.chance(1.0));
  }
}

}  // namespace random_test
}  // namespace freshet
