// What the latency bench could get wrong without anybody noticing: its schedule, its quantiles, and
// which score belongs to which click.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bench/latency/arrivals.h"
#include "bench/latency/click_ledger.h"
#include "bench/latency/click_sender.h"
#include "bench/latency/quantiles.h"
#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::bench {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(LatencyTest, QuantilesAreTheNearestRanksOfAKnownDistribution) {
  std::vector<nanoseconds> values;
  for (int i = 1; i <= 10'000; ++i) values.push_back(nanoseconds(i));
  Random random(1);
  for (std::size_t i = values.size() - 1; i > 0; --i) {
    std::swap(values[i], values[random.below(i + 1)]);
  }
  const Quantiles found = quantiles_of(values);
  EXPECT_EQ(found.count, 10'000);
  EXPECT_EQ(found.p50, nanoseconds(5'000));
  EXPECT_EQ(found.p99, nanoseconds(9'900));
  EXPECT_EQ(found.p999, nanoseconds(9'990));
  EXPECT_EQ(found.max, nanoseconds(10'000));
}

TEST(LatencyTest, QuantilesOfFewValuesAreNeverBelowTheirShare) {
  const Quantiles one = quantiles_of({nanoseconds(7)});
  EXPECT_EQ(one.p50, nanoseconds(7));
  EXPECT_EQ(one.p999, nanoseconds(7));
  const Quantiles three = quantiles_of({nanoseconds(3), nanoseconds(1), nanoseconds(2)});
  EXPECT_EQ(three.p50, nanoseconds(2));
  EXPECT_EQ(three.p99, nanoseconds(3));
}

TEST(LatencyTest, ArrivalsAscendWithinTheDurationAndRepeatByTheirSeed) {
  const auto due = arrivals(1'000, seconds(5), 7);
  EXPECT_TRUE(std::is_sorted(due.begin(), due.end()));
  EXPECT_GE(due.front(), nanoseconds(0));
  EXPECT_LT(due.back(), seconds(5));
  EXPECT_EQ(due, arrivals(1'000, seconds(5), 7));
  EXPECT_NE(due, arrivals(1'000, seconds(5), 8));
}

// Of a Poisson process both the mean of the gaps and their standard deviation are 1 / rate, and a
// share of 1/e of them is longer. With 100,000 gaps five standard errors are 1.6 and 3.2 %.
TEST(LatencyTest, GapsAreExponential) {
  constexpr double kRate = 10'000;
  const std::uint64_t seed = test::test_seed();
  const auto due = arrivals(kRate, seconds(10), seed);
  const auto count = static_cast<double>(due.size());
  EXPECT_NEAR(count, 100'000, 5 * std::sqrt(100'000));
  double square_sum = 0;
  std::size_t longer = 0;
  nanoseconds last{0};
  for (const nanoseconds at : due) {
    const double gap = static_cast<double>((at - last).count()) * 1e-9 * kRate;
    square_sum += gap * gap;
    longer += gap > 1 ? 1 : 0;
    last = at;
  }
  EXPECT_NEAR(square_sum / count, 2, 2 * 0.05);
  EXPECT_NEAR(static_cast<double>(longer) / count, std::exp(-1), 0.01);
}

TEST(LatencyTest, LatencyCountsFromWhenTheClickWasDue) {
  ClickLedger ledger(100, {nanoseconds(10), nanoseconds(20), nanoseconds(30)});
  EXPECT_TRUE(ledger.note_score(102, nanoseconds(35)));
  EXPECT_TRUE(ledger.note_score(100, nanoseconds(90)));
  EXPECT_EQ(ledger.missing(), 1);
  EXPECT_TRUE(ledger.note_score(101, nanoseconds(120)));
  EXPECT_EQ(ledger.missing(), 0);
  EXPECT_THAT(ledger.latencies(nanoseconds(0)),
              ElementsAre(nanoseconds(80), nanoseconds(100), nanoseconds(5)));
  EXPECT_THAT(ledger.latencies(nanoseconds(20)), ElementsAre(nanoseconds(100), nanoseconds(5)));
}

TEST(LatencyTest, ASecondScoreAndOneOfAnUnknownClickAreErrors) {
  ClickLedger ledger(100, {nanoseconds(10), nanoseconds(20)});
  EXPECT_TRUE(ledger.note_score(101, nanoseconds(30)));
  const Status second = ledger.note_score(101, nanoseconds(31));
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("a second score of click 101"));
  for (const std::uint64_t click : {99U, 102U}) EXPECT_FALSE(ledger.note_score(click, {}));
  EXPECT_EQ(ledger.missing(), 1);
}

TEST(LatencyTest, AScoreNamesItsClick) {
  EXPECT_EQ(click_of("{\"user_id\":\"u1\",\"event_id\":\"c1234\",\"ts\":5}"), 1'234U);
  EXPECT_EQ(click_of("{\"user_id\":\"u1\",\"event_id\":\"e1234\",\"ts\":5}"), std::nullopt);
  EXPECT_EQ(click_of("{\"user_id\":\"u1\",\"event_id\":\"c\"}"), std::nullopt);
  EXPECT_EQ(click_of(""), std::nullopt);
}

}  // namespace
}  // namespace freshet::bench
