// What a worker tells of itself while it runs: its board, its counts of what was repeated, and the
// time from event to visible output.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/worker/worker.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::worker_status_test {

using test::BrokerCall;
using test::Moment;
using test::WatchedTransport;
using test::WorkerWorld;

constexpr std::string_view kConfig =
    "{application_id: app, commit: {interval_ms: 1},"
    " behaviours: [{name: click, types: [click], length_max: 3, age_max: 1d}]}";

class WorkerStatusTest : public testing::Test {
 protected:
  WorkerStatusTest()
      : worker_(
            {&world_.config, world_.model, world_.store.get(), &world_.clock, &counters_}, 1 << 20,
            [this]() -> Result<std::unique_ptr<Transport>> {
              return std::make_unique<WatchedTransport>(
                  std::make_unique<test::MemoryTransport>(&world_.broker, world_.config),
                  &world_.watch);
            },
            &stop_) {
    world_.watch.stop = &stop_;
  }

  // A click whose record came at the test's present moment.
  void append_click(std::string_view user, std::string_view item) {
    test::StoredRecord record = test::keyed_record(user, test::click_json(user, item, 0));
    record.timestamp = world_.clock.now();
    world_.append(std::move(record));
  }

  WorkerWorld world_{test::config_of(kConfig)};
  StopSignal stop_;
  Counters counters_;
  Worker worker_;
};

TEST_F(WorkerStatusTest, AnOutputIsTimedWhenItsCommitIsDone) {
  append_click("u1", "v1");
  world_.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call == BrokerCall::kSend && moment == Moment::kAfter) world_.clock.advance(300);
    return {};
  };
  ASSERT_TRUE(worker_.run());
  const WorkerStatus status = worker_.status().read();
  EXPECT_EQ(status.counters.event_to_score.count(), 1U);
  EXPECT_EQ(status.counters.event_to_score.sum_us(), 300'000);
}

TEST_F(WorkerStatusTest, WhatWaitsForABrokerIsOnTheBoardWhileItWaits) {
  append_click("u1", "v1");
  const EventTime sent = world_.clock.now();
  std::optional<WorkerStatus> seen;
  int failures = 2;
  world_.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call != BrokerCall::kFlush || moment != Moment::kBefore || counters_.scores == 0) return {};
    if (failures == 0) {
      if (!seen) seen = worker_.status().read();
      return {};
    }
    --failures;
    return error(ErrorCode::kUnavailable, "away");
  };
  ASSERT_TRUE(worker_.run());
  ASSERT_TRUE(seen && seen->trouble);
  EXPECT_EQ(seen->trouble->operation, Operation::kFlush);
  EXPECT_EQ(seen->trouble->message, "away");
  EXPECT_EQ(seen->counters.retries[static_cast<std::size_t>(Operation::kFlush)], 2U);
  ASSERT_EQ(seen->partitions.size(), 1U);
  EXPECT_EQ(seen->partitions[0].oldest_waiting, sent);
  EXPECT_EQ(seen->partitions[0].committed, Position{0});
  EXPECT_EQ(seen->counters.event_to_score.count(), 0U);
  const WorkerStatus after = worker_.status().read();
  EXPECT_FALSE(after.trouble);
  EXPECT_EQ(after.counters.event_to_score.count(), 1U);
}

TEST_F(WorkerStatusTest, AnIdleWorkersOutageIsOverOnlyWhenABrokerAnswers) {
  world_.watch.stop_when_drained = false;
  std::vector<std::string> seen;  // the trouble on the board whenever the brokers are asked
  int polls = 0;
  world_.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call == BrokerCall::kPoll && moment == Moment::kBefore) {
      ++polls;
      if (polls == 2) return error(ErrorCode::kUnavailable, "all down");
      if (polls == 9) stop_.request();  // nobody asked
    }
    if (call != BrokerCall::kAsk) return {};
    if (moment == Moment::kAfter) {
      stop_.request();
      return {};
    }
    const auto trouble = worker_.status().read().trouble;
    seen.push_back(trouble ? trouble->message : "none");
    return seen.size() < 3 ? error(ErrorCode::kUnavailable, "still down") : Status{};
  };
  ASSERT_TRUE(worker_.run());
  EXPECT_EQ(seen, (std::vector<std::string>{"all down", "still down", "still down"}));
  const WorkerStatus after = worker_.status().read();
  EXPECT_FALSE(after.trouble);
  EXPECT_EQ(after.counters.retries[static_cast<std::size_t>(Operation::kPoll)], 3U);
}

TEST_F(WorkerStatusTest, AWorkerBeatsAtEachAttempt) {
  append_click("u1", "v1");
  std::optional<std::int64_t> beat;
  int failures = 1;
  world_.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call != BrokerCall::kFlush || moment != Moment::kBefore || counters_.scores == 0) return {};
    if (failures-- > 0) {
      world_.clock.advance(5'000);
      return error(ErrorCode::kUnavailable, "away");
    }
    beat = world_.clock.monotonic_ms() - *worker_.status().last_beat_ms();
    return {};
  };
  ASSERT_TRUE(worker_.run());
  EXPECT_EQ(beat, 0);
  EXPECT_TRUE(worker_.status().finished());
}

TEST_F(WorkerStatusTest, FencedAndHotUsersAreCounted) {
  for (const char* user : {"u1", "u2", "u1"}) append_click(user, "v1");
  world_.broker.fail_next(BrokerCall::kPoll, {ErrorCode::kFenced, "rebalanced"});
  ASSERT_TRUE(worker_.run());
  const WorkerStatus status = worker_.status().read();
  EXPECT_EQ(status.counters.fenced, 1U);
  EXPECT_EQ(status.counters.hot_user_misses, 2U);
  EXPECT_EQ(status.counters.hot_user_hits, 1U);
}

TEST_F(WorkerStatusTest, LagIsWhatTheTopicHoldsBeyondThePosition) {
  std::optional<WorkerStatus> seen;
  append_click("u1", "v1");
  world_.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call == BrokerCall::kFlush && moment == Moment::kBefore && counters_.scores == 1 && !seen) {
      world_.clock.advance(1'000);
      append_click("u1", "v2");
      append_click("u2", "v2");
      seen.emplace();
      return error(ErrorCode::kUnavailable, "away");
    }
    if (call == BrokerCall::kFlush && seen && seen->partitions.empty()) {
      seen = worker_.status().read();
    }
    return {};
  };
  ASSERT_TRUE(worker_.run());
  ASSERT_TRUE(seen);
  ASSERT_EQ(seen->partitions.size(), 1U);
  EXPECT_EQ(seen->partitions[0].lag_records, 2);
}

TEST_F(WorkerStatusTest, AUserIsExplainedByItsOwnWorkerWhileItRuns) {
  append_click("u1", "v1");
  std::optional<UserMailbox::Answer> known;
  std::optional<UserMailbox::Answer> unknown;
  std::optional<UserMailbox::Answer> elsewhere;
  world_.watch.stop_when_drained = false;
  std::thread asker([&] {
    const auto wait = std::chrono::milliseconds(60'000);
    do {
      known = worker_.users().ask(Partition{0}, UserId("u1"), wait);
    } while (!*known || !**known);  // until the record was read
    unknown = worker_.users().ask(Partition{0}, UserId("u2"), wait);
    elsewhere = worker_.users().ask(Partition{7}, UserId("u1"), wait);
    stop_.request();
  });
  const Status ended = worker_.run();
  asker.join();
  ASSERT_TRUE(ended);
  EXPECT_NE((**known)->find("\"item_id\":\"v1\""), std::string::npos) << ***known;
  ASSERT_TRUE(*unknown);
  EXPECT_FALSE(**unknown);
  ASSERT_FALSE(*elsewhere);
  EXPECT_EQ(elsewhere->error().code, ErrorCode::kFenced);
}

}  // namespace freshet::pipeline::worker_status_test
