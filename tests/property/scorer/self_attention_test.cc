#include <gtest/gtest.h>

#include <string>

#include "scorer/float_mode.h"
#include "tests/property/scorer/pool_properties.h"
#include "tests/property/scorer/self_attention_cases.h"
#include "tests/support/seed.h"

namespace freshet::scorer {
namespace self_attention_test {

using pool_cases::PoolCase;

constexpr int kCases = 10'000;

std::vector<PoolCase> make_pools(Random* random) {
  set_float_mode();
  return pool_cases::make_self_cases(random->next());
}

TEST(SelfAttentionPropertyTest, SlidingEqualsRebuildingBitForBitUnderEveryOption) {
  Random random(test::test_seed());
  const std::vector<PoolCase> pools = make_pools(&random);
  pool_properties::check_sliding_equals_rebuilding(pools, test::case_count(kCases), &random);
}

TEST(SelfAttentionPropertyTest, AnyOrderOfTheClicksGivesTheSameSums) {
  Random random(test::test_seed() + 1);
  const std::vector<PoolCase> pools = make_pools(&random);
  pool_properties::check_any_order_gives_the_same_sums(pools, test::case_count(kCases), &random);
}

TEST(SelfAttentionPropertyTest, RepresentationIsWithinAMillionthOfTheReference) {
  Random random(test::test_seed() + 2);
  const std::vector<PoolCase> pools = make_pools(&random);
  const double worst = pool_properties::check_error_bound(pools, test::case_count(kCases), &random);
  RecordProperty("worst_relative_error", std::to_string(worst));
}

}  // namespace self_attention_test
}  // namespace freshet::scorer
