#include "pipeline/status/duration_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace freshet::pipeline::duration_histogram_test {

TEST(DurationHistogramTest, ADurationOnABoundIsBelowIt) {
  DurationHistogram histogram(kEventToScoreBoundsUs);
  histogram.observe(1'000);
  histogram.observe(1'001);
  EXPECT_EQ(histogram.bucket(0), 1U);
  EXPECT_EQ(histogram.bucket(1), 1U);
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.sum_us(), 2'001);
}

TEST(DurationHistogramTest, WhatLiesAboveAllBoundsIsCounted) {
  DurationHistogram histogram(kEventToScoreBoundsUs);
  histogram.observe(600'000'001);
  EXPECT_EQ(histogram.bucket(histogram.bounds_us().size()), 1U);
}

TEST(DurationHistogramTest, AClockThatIsAheadCountsAsZero) {
  DurationHistogram histogram(kEventToScoreBoundsUs);
  histogram.observe(-5);
  EXPECT_EQ(histogram.bucket(0), 1U);
  EXPECT_EQ(histogram.sum_us(), 0);
}

TEST(DurationHistogramTest, AddingAddsBucketsCountsAndSums) {
  DurationHistogram one(kCallBoundsUs);
  DurationHistogram other(kCallBoundsUs);
  one.observe(50);
  other.observe(50);
  other.observe(70'000'000);
  one += other;
  EXPECT_EQ(one.bucket(0), 2U);
  EXPECT_EQ(one.count(), 3U);
  EXPECT_EQ(one.sum_us(), 70'000'100);
}

TEST(DurationHistogramTest, BoundsReachFromAMillisecondToTenMinutesAscending) {
  EXPECT_EQ(std::begin(kEventToScoreBoundsUs)[0], 1'000);
  EXPECT_EQ(std::end(kEventToScoreBoundsUs)[-1], 600'000'000);
  EXPECT_TRUE(std::is_sorted(std::begin(kEventToScoreBoundsUs), std::end(kEventToScoreBoundsUs)));
  EXPECT_TRUE(std::is_sorted(std::begin(kCallBoundsUs), std::end(kCallBoundsUs)));
}

}  // namespace freshet::pipeline::duration_histogram_test
