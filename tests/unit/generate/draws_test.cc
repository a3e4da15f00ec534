#include "pipeline/generate/draws.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "tests/support/seed.h"

namespace freshet::pipeline {
namespace {

TEST(DrawsTest, TheLogarithmIsThatOfTheLibraryToFourteenDigits) {
  Random random(test::test_seed());
  for (int i = 0; i < 100'000; ++i) {
    const double x = std::ldexp(1.0 + random.unit(), static_cast<int>(random.below(1'200)) - 1'000);
    EXPECT_NEAR(fixed_log(x), std::log(x), 1e-14 * std::max(1.0, std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(fixed_log(1.0), 0.0);
}

TEST(DrawsTest, TheLogarithmHasItsBits) {
  EXPECT_EQ(fixed_log(10.0), 0x1.26bb1bbb55515p+1);
  EXPECT_EQ(fixed_log(0x1.0p-53), -0x1.25e4f7b2737fap+5);
}

// Bounds are five standard errors, so one run in two million fails by chance.
TEST(DrawsTest, ExponentialHasItsMean) {
  Random random(test::test_seed());
  constexpr int kDraws = 100'000;
  double sum = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = exponential(3.0, &random);
    ASSERT_GE(value, 0.0);
    sum += value;
  }
  EXPECT_NEAR(sum / kDraws, 3.0, 5 * 3.0 / std::sqrt(kDraws));
}

TEST(DrawsTest, NormalHasMeanZeroAndVarianceOne) {
  Random random(test::test_seed());
  constexpr int kDraws = 100'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = normal(&random);
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0, 5 * std::sqrt(2.0 / kDraws));
}

TEST(DrawsTest, ZipfGivesEachEntryTheInverseOfItsRank) {
  Random random(test::test_seed());
  const std::vector<std::size_t> ranks = {4, 1, 2, 10};
  const ZipfDraw zipf(ranks);
  constexpr int kDraws = 100'000;
  std::vector<int> counts(ranks.size());
  for (int i = 0; i < kDraws; ++i) ++counts[zipf.draw(&random)];
  double total = 0;
  for (const std::size_t rank : ranks) total += 1.0 / static_cast<double>(rank);
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const double share = 1.0 / static_cast<double>(ranks[i]) / total;
    EXPECT_NEAR(counts[i], kDraws * share, 5 * std::sqrt(kDraws * share * (1 - share)));
  }
}

TEST(DrawsTest, DirectionsHaveLengthOne) {
  Random random(test::test_seed());
  for (int i = 0; i < 100; ++i) {
    const Latent a = random_direction(&random);
    EXPECT_NEAR(dot(a, a), 1.0, 1e-12);
  }
}

}  // namespace
}  // namespace freshet::pipeline
