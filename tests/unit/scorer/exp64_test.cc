#include "scorer/exp64.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/random.h"
#include "scorer/candidates/candidate_scorer.h"
#include "tests/support/seed.h"

namespace freshet::scorer {
namespace exp64_test {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The distance of `value` from the exact result, in units of the last place of a double.
double ulps(double value, long double exact) {
  const double nearest = static_cast<double>(exact);
  const double unit = std::nextafter(std::fabs(nearest), kInfinity) - std::fabs(nearest);
  return static_cast<double>(
      std::fabs((static_cast<long double>(value) - exact) / static_cast<long double>(unit)));
}

TEST(Exp64Test, IsWithinOneUnitInTheLastPlaceOverItsWholeRange) {
  double worst = 0.0;
  for (double y = -708.0; y <= 709.0; y += 0.0078123) {
    worst = std::max(worst, ulps(exp64(y), std::exp(static_cast<long double>(y))));
  }
  Random random(test::test_seed());
  for (int k = 0; k < 200000; ++k) {
    const double y = random.uniform(-46.0, 1.0);
    worst = std::max(worst, ulps(exp64(y), std::exp(static_cast<long double>(y))));
  }
  EXPECT_LT(worst, 1.0);
}

TEST(Exp64Test, IsExactAtZero) { EXPECT_EQ(exp64(0.0), 1.0); }

TEST(Exp64Test, NeverExceedsOneForNonPositiveArguments) {
  for (double y = -1e-18; y > -1.0; y *= 1.5) ASSERT_LE(exp64(y), 1.0) << y;
}

TEST(Exp64Test, SaturatesOutsideItsRange) {
  EXPECT_EQ(exp64(-708.1), 0.0);
  EXPECT_EQ(exp64(-kInfinity), 0.0);
  EXPECT_GT(exp64(-708.0), 0.0);
  EXPECT_LT(exp64(709.0), kInfinity);
  EXPECT_EQ(exp64(709.1), kInfinity);
  EXPECT_EQ(exp64(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(exp64(kNaN)));
}

TEST(Tanh64Test, IsWithinFourUnitsInTheLastPlace) {
  double worst = 0.0;
  for (double z = -20.0; z <= 20.0; z += 0.000731) {
    worst = std::max(worst, ulps(tanh64(z), std::tanh(static_cast<long double>(z))));
  }
  EXPECT_LT(worst, 4.0);
}

TEST(Tanh64Test, IsOddAndSaturates) {
  for (double z = 0.0; z <= 40.0; z += 0.01) ASSERT_EQ(tanh64(-z), -tanh64(z)) << z;
  EXPECT_EQ(tanh64(kInfinity), 1.0);
  EXPECT_EQ(tanh64(-1e300), -1.0);
  EXPECT_TRUE(std::signbit(tanh64(-0.0)));
  EXPECT_TRUE(std::isnan(tanh64(kNaN)));
}

TEST(SigmoidTest, IsTheNearestFloatOfTheExactProbability) {
  for (float x = -100.0F; x <= 100.0F; x += 0.0371F) {
    const long double exact = 1.0L / (1.0L + std::exp(-static_cast<long double>(x)));
    ASSERT_EQ(sigmoid(x), static_cast<float>(exact)) << x;
  }
}

TEST(SigmoidTest, KeepsItsEnds) {
  EXPECT_EQ(sigmoid(0.0F), 0.5F);
  EXPECT_EQ(sigmoid(std::numeric_limits<float>::infinity()), 1.0F);
  EXPECT_EQ(sigmoid(-std::numeric_limits<float>::infinity()), 0.0F);
  EXPECT_TRUE(std::isnan(sigmoid(std::numeric_limits<float>::quiet_NaN())));
}

}  // namespace exp64_test
}  // namespace freshet::scorer
