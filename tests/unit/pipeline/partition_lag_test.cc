#include "pipeline/status/partition_lag.h"

#include <gtest/gtest.h>

namespace freshet::pipeline::partition_lag_test {

constexpr EventTime at(std::int64_t seconds) { return {1'000'000'000'000 + seconds * 1'000}; }

TEST(PartitionLagTest, AnOutputCountsFromItsRecordToItsAcknowledgement) {
  PartitionLag lag(at(0), std::nullopt);
  DurationHistogram seen(kEventToScoreBoundsUs);
  lag.note_record(at(1));
  lag.note_output(at(1));
  EXPECT_EQ(seen.count(), 0U);
  lag.begin_commit();
  lag.acknowledge(at(4), &seen);
  EXPECT_EQ(seen.count(), 1U);
  EXPECT_EQ(seen.sum_us(), 3'000'000);
  lag.acknowledge(at(9), &seen);
  EXPECT_EQ(seen.count(), 1U) << "an output is acknowledged once";
}

TEST(PartitionLagTest, ARecordWithoutATimestampIsLeftOut) {
  PartitionLag lag(at(0), std::nullopt);
  DurationHistogram seen(kEventToScoreBoundsUs);
  lag.note_record(std::nullopt);
  lag.note_output(std::nullopt);
  EXPECT_EQ(lag.oldest_waiting(), std::nullopt);
  lag.begin_commit();
  lag.acknowledge(at(4), &seen);
  EXPECT_EQ(seen.count(), 0U);
}

TEST(PartitionLagTest, AnOutputBehindTheBeginOfACommitWaitsForTheNext) {
  PartitionLag lag(at(0), std::nullopt);
  DurationHistogram seen(kEventToScoreBoundsUs);
  lag.note_output(at(1));
  lag.begin_commit();
  lag.note_output(at(2));
  lag.acknowledge(at(4), &seen);
  EXPECT_EQ(seen.count(), 1U);
  EXPECT_EQ(lag.oldest_waiting(), at(2));
  lag.begin_commit();
  lag.acknowledge(at(5), &seen);
  EXPECT_EQ(seen.count(), 2U);
  EXPECT_EQ(lag.oldest_waiting(), std::nullopt);
}

TEST(PartitionLagTest, TheOldestUnacknowledgedOutputWaitsFirst) {
  PartitionLag lag(at(0), std::nullopt);
  for (const int second : {7, 3, 5}) {
    lag.note_record(at(second));
    lag.note_output(at(second));
  }
  EXPECT_EQ(lag.oldest_waiting(), at(3));
}

TEST(PartitionLagTest, NothingWaitsWhereTheEndIsReached) {
  PartitionLag lag(at(0), std::nullopt);
  EXPECT_EQ(lag.records(), std::nullopt) << "nobody told an end yet";
  lag.note_record(at(1));
  lag.observe_end(Position{10}, Position{10}, at(2));
  EXPECT_EQ(lag.records(), 0);
  EXPECT_EQ(lag.oldest_waiting(), std::nullopt);
}

TEST(PartitionLagTest, AnEndThatIsTooOldIsNoNegativeLag) {
  PartitionLag lag(at(0), std::nullopt);
  lag.observe_end(Position{10}, Position{8}, at(2));
  EXPECT_EQ(lag.records(), 0);
}

TEST(PartitionLagTest, UnreadRecordsAreNotOlderThanTheNewestReadOne) {
  PartitionLag lag(at(0), std::nullopt);
  lag.note_record(at(50));
  lag.note_record(at(40));  // producers' clocks differ
  lag.observe_end(Position{10}, Position{15}, at(60));
  EXPECT_EQ(lag.records(), 5);
  EXPECT_EQ(lag.oldest_waiting(), at(50));
}

TEST(PartitionLagTest, AQuietHourIsNoLag) {
  PartitionLag lag(at(0), std::nullopt);
  lag.note_record(at(1));
  lag.observe_end(Position{10}, Position{10}, at(3'600));
  lag.observe_end(Position{10}, Position{11}, at(3'601));
  EXPECT_EQ(lag.oldest_waiting(), at(3'600));
}

TEST(PartitionLagTest, ABacklogAtTheStartIsAsOldAsTheLastAppliedRecord) {
  PartitionLag lag(at(1'000), at(200));
  lag.observe_end(Position{10}, Position{20}, at(1'001));
  EXPECT_EQ(lag.oldest_waiting(), at(200));
}

TEST(PartitionLagTest, ABacklogOfAFreshStartCountsFromTheAssignment) {
  PartitionLag lag(at(1'000), std::nullopt);
  lag.observe_end(Position{0}, Position{20}, at(1'001));
  EXPECT_EQ(lag.oldest_waiting(), at(1'000));
}

}  // namespace freshet::pipeline::partition_lag_test
