#include "pipeline/metrics/stall_observer.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/pipeline_fixture.h"

namespace freshet::pipeline::stall_observer_test {

// One worker with one partition, whose status stays what it was last: the worker may be stuck.
class StallObserverTest : public testing::Test {
 protected:
  void publish(std::optional<EventTime> oldest_waiting, std::int64_t committed) {
    WorkerStatus status;
    status.partitions.emplace_back();
    status.partitions.back().oldest_waiting = oldest_waiting;
    status.partitions.back().committed = Position{committed};
    workers_ = {status};
  }
  void pass_seconds(int count) {
    for (int i = 0; i < count; ++i) {
      clock_.advance(1'000);
      observer_.observe(workers_);
    }
  }

  test::ManualClock clock_;
  StallObserver observer_{&clock_, DurationMs{5'000}};
  std::vector<WorkerStatus> workers_;
};

TEST_F(StallObserverTest, TheAgeOfWhatWaitsIsObservedEachSecond) {
  const EventTime begin = clock_.now();
  publish(begin, 7);
  pass_seconds(5);
  EXPECT_EQ(observer_.observed().count(), 0U);
  pass_seconds(3);
  EXPECT_EQ(observer_.observed().count(), 3U);
  EXPECT_EQ(observer_.observed().sum_us(), (6 + 7 + 8) * 1'000'000);
}

TEST_F(StallObserverTest, ACommitEndsAStall) {
  publish(clock_.now(), 7);
  pass_seconds(6);
  EXPECT_EQ(observer_.observed().count(), 1U);
  publish(clock_.now(), 8);
  pass_seconds(5);
  EXPECT_EQ(observer_.observed().count(), 1U);
  pass_seconds(1);
  EXPECT_EQ(observer_.observed().count(), 2U);
}

TEST_F(StallObserverTest, NothingIsObservedWhereNothingWaits) {
  publish(std::nullopt, 7);
  pass_seconds(60);
  EXPECT_EQ(observer_.observed().count(), 0U);
}

TEST_F(StallObserverTest, APartitionThatLeavesIsForgotten) {
  publish(clock_.now(), 7);
  pass_seconds(5);
  workers_ = {WorkerStatus{}};
  pass_seconds(1);
  publish(clock_.now(), 7);
  pass_seconds(5);
  EXPECT_EQ(observer_.observed().count(), 0U);
}

TEST_F(StallObserverTest, AStallOfHoursReachesTheLastBucket) {
  publish(clock_.now(), 7);
  pass_seconds(1);
  clock_.advance(3'600'000);
  pass_seconds(1);
  const DurationHistogram observed = observer_.observed();
  EXPECT_EQ(observed.bucket(observed.bounds_us().size()), 1U);
}

}  // namespace freshet::pipeline::stall_observer_test
