#include <gtest/gtest.h>

#include "tests/property/scorer/pool_properties.h"
#include "tests/support/seed.h"

namespace freshet::scorer {
namespace pool_test {

using pool_cases::PoolCase;
using pool_properties::rebuilt;

constexpr int kCases = 10'000;

TEST(PoolPropertyTest, SlidingEqualsRebuildingBitForBitUnderEveryOption) {
  Random random(test::test_seed());
  const std::vector<PoolCase> pools = pool_cases::make_cases(random.next());
  pool_properties::check_sliding_equals_rebuilding(pools, test::case_count(kCases), &random);
}

TEST(PoolPropertyTest, AnyOrderOfTheClicksGivesTheSameSums) {
  Random random(test::test_seed() + 1);
  const std::vector<PoolCase> pools = pool_cases::make_cases(random.next());
  pool_properties::check_any_order_gives_the_same_sums(pools, test::case_count(kCases), &random);
}

TEST(PoolPropertyTest, RepresentationIsWithinAMillionthOfTheReference) {
  Random random(test::test_seed() + 2);
  const std::vector<PoolCase> pools = pool_cases::make_cases(random.next());
  const double worst = pool_properties::check_error_bound(pools, test::case_count(kCases), &random);
  RecordProperty("worst_relative_error", std::to_string(worst));
}

TEST(PoolPropertyTest, TheLongestInt64SequencesKeepTheMillionth) {
  Random random(test::test_seed() + 3);
  for (const std::size_t length : {std::size_t{50}, std::size_t{1024}, std::size_t{4096}}) {
    PoolCase c = pool_cases::make_case(
        {Activation::kTanh, WeightKind::kScalar, SoftmaxOver::kPositions, 3.0, false},
        random.next(), 17, 1, 6.0);
    Result<Pool> pool = Pool::create(c.model, c.representation(), length);
    ASSERT_TRUE(pool);
    c.pool = std::move(*pool);
    std::vector<PooledClick> clicks;
    for (std::size_t i = 0; i < length; ++i) clicks.push_back(pool_cases::random_click(&random));
    const std::vector<double> exact =
        reference_representation(*c.model, 0, pool_cases::reference_clicks(clicks));
    const std::vector<float> u = pool_cases::representation_of(c, rebuilt(c, clicks));
    const double scale =
        representation_scale(*c.model, c.representation(), pool_cases::reference_clicks(clicks));
    for (std::size_t channel = 0; channel < u.size(); ++channel) {
      ASSERT_NEAR(u[channel], exact[channel], 1e-6 * scale) << "N = " << length;
    }
  }
}

}  // namespace pool_test
}  // namespace freshet::scorer
