// The worker's loop on the in-memory broker: what each error leads to, and what a commit waits for.
#include "pipeline/worker/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "pipeline/position_metadata.h"
#include "tests/support/flaky_store.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::worker_test {

using test::BrokerCall;
using test::Moment;
using test::StoredRecord;
using test::WorkerWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kConfig =
    "{application_id: app, delivery: at_least_once, changelog: off,"
    " behaviours: [{name: click, types: [click], length_max: 3, age_max: 1d}]}";

std::string user(int i) { return "u" + std::to_string(i); }

void append_clicks(WorkerWorld* world, int count) {
  for (int i = 0; i < count; ++i) {
    world->append(user(i % 5), test::click_json(user(i % 5), "v" + std::to_string(i % 8), i));
  }
}

// Fails the first `times` calls of one kind.
std::function<Status(BrokerCall, Moment)> fails(BrokerCall call, Moment moment, int times,
                                                ErrorCode code) {
  return [=](BrokerCall made, Moment at) mutable -> Status {
    if (made != call || at != moment || times == 0) return {};
    --times;
    return error(code, "as the test asked");
  };
}

TEST(WorkerTest, AFirstStartCommitsMarkerZeroBeforeTheFirstRecord) {
  WorkerWorld world(test::config_of(kConfig));
  append_clicks(&world, 1);
  std::vector<std::optional<CommittedPosition>> seen;
  world.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call == BrokerCall::kSend && moment == Moment::kBefore) {
      seen.push_back(world.broker.committed("app", Partition{0}));
      EXPECT_EQ((*world.store->read_marker(Partition{0}))->marker.number, 0U);
    }
    return {};
  };
  ASSERT_TRUE(world.run());
  ASSERT_EQ(seen.size(), 1U);
  ASSERT_TRUE(seen[0]);
  EXPECT_EQ(seen[0]->position, Position{0});
  EXPECT_EQ(decode_position_metadata(seen[0]->metadata)->marker.number, 0U);
}

TEST(WorkerTest, AStopCommitsEverything) {
  WorkerWorld world(test::config_of(kConfig));
  append_clicks(&world, 20);
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.outputs().size(), 20U);
  EXPECT_EQ(world.broker.committed("app", Partition{0})->position, Position{20});
  const stateful::Marker marker = (*world.store->read_marker(Partition{0}))->marker;
  EXPECT_EQ(marker.position, Position{20});
  EXPECT_EQ(marker.applied_from, Position{20});
  EXPECT_EQ(marker.user_count, 5U);
}

TEST(WorkerTest, OutputsAreFlushedBeforeTheirPositionsAreCommitted) {
  WorkerWorld world(test::config_of(kConfig));
  append_clicks(&world, 2);
  ASSERT_TRUE(world.run());
  EXPECT_THAT(world.watch.calls, ElementsAre("subscribe", "poll", "flush", "commit", "send", "send",
                                             "flush", "commit"));
}

TEST(WorkerTest, ACommitFollowsAfterItsInterval) {
  WorkerWorld world(test::config_of(kConfig));
  append_clicks(&world, 1'000);
  std::size_t sent = 0;
  world.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call == BrokerCall::kSend && moment == Moment::kAfter && ++sent == 100) {
      world.clock.advance(100);
    }
    return {};
  };
  ASSERT_TRUE(world.run());
  // Marker 0, the one after the clock moved, the one at the stop.
  EXPECT_EQ(std::count(world.watch.calls.begin(), world.watch.calls.end(), "commit"), 3);
}

TEST(WorkerTest, APollDoesNotWaitPastTheTimeOfACommit) {
  WorkerWorld world(test::config_of(kConfig));
  append_clicks(&world, 1);
  world.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call == BrokerCall::kSend && moment == Moment::kAfter) world.clock.advance(70);
    return {};
  };
  ASSERT_TRUE(world.run());
  // The record is read, sent 70 ms after the last commit, and the next one is due after 100.
  EXPECT_THAT(world.watch.waits,
              ElementsAre(std::chrono::milliseconds(50), std::chrono::milliseconds(30)));
}

TEST(WorkerTest, ACommitFollowsAfterItsRecords) {
  WorkerConfig config = test::config_of(kConfig);
  config.commit.records_max = 100;
  WorkerWorld world(config);
  append_clicks(&world, 1'000);
  ASSERT_TRUE(world.run());
  const auto commits = std::count(world.watch.calls.begin(), world.watch.calls.end(), "commit");
  EXPECT_GE(commits, 8);
  EXPECT_LE(commits, 12);
}

class WorkerRetryTest : public ::testing::TestWithParam<BrokerCall> {};

TEST_P(WorkerRetryTest, WhatIsUnavailableIsTriedAgain) {
  WorkerWorld world(test::config_of(kConfig));
  append_clicks(&world, 3);
  world.watch.fault = fails(GetParam(), Moment::kBefore, 2, ErrorCode::kUnavailable);
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.outputs().size(), 3U);
  EXPECT_EQ(world.broker.committed("app", Partition{0})->position, Position{3});
}

INSTANTIATE_TEST_SUITE_P(Calls, WorkerRetryTest,
                         ::testing::Values(BrokerCall::kSubscribe, BrokerCall::kPoll,
                                           BrokerCall::kSend, BrokerCall::kFlush,
                                           BrokerCall::kCommit),
                         ::testing::PrintToStringParamName());

TEST(WorkerTest, AnAssignmentThatFindsTheBrokerUnavailableIsTriedAgain) {
  WorkerWorld world(test::config_of(kConfig));
  append_clicks(&world, 3);
  world.broker.fail_next(BrokerCall::kCommitted, {ErrorCode::kUnavailable, "not yet"});
  world.broker.fail_next(BrokerCall::kRange, {ErrorCode::kUnavailable, "not yet"});
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.outputs().size(), 3U);
}

class WorkerFencedTest : public ::testing::TestWithParam<BrokerCall> {};

TEST_P(WorkerFencedTest, AFencedWorkerRejoinsAndRepeatsEqualBytes) {
  WorkerConfig config = test::config_of(kConfig);
  config.commit.records_max = 10;
  WorkerWorld world(config);
  append_clicks(&world, 30);
  world.broker.deliver_at_once(true);
  int calls = 0;
  world.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call != GetParam() || moment != Moment::kBefore || ++calls != 2) return {};
    return error(ErrorCode::kFenced, "another member has the partition");
  };
  ASSERT_TRUE(world.run());
  EXPECT_EQ(std::count(world.watch.calls.begin(), world.watch.calls.end(), "subscribe"), 2);
  EXPECT_EQ(world.by_source().size(), 30U);  // and repeats are equal
  EXPECT_EQ(world.broker.committed("app", Partition{0})->position, Position{30});
  test::logical_digest(world.store.get(), world.config);
}

INSTANTIATE_TEST_SUITE_P(Calls, WorkerFencedTest,
                         ::testing::Values(BrokerCall::kPoll, BrokerCall::kSend, BrokerCall::kFlush,
                                           BrokerCall::kCommit),
                         ::testing::PrintToStringParamName());

TEST(WorkerTest, AFatalErrorCommitsNothingMoreAndIsReturned) {
  WorkerWorld world(test::config_of(kConfig));
  append_clicks(&world, 10);
  int sends = 0;
  world.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call != BrokerCall::kSend || moment != Moment::kBefore || ++sends != 5) return {};
    return error(ErrorCode::kFatal, "as the test asked");
  };
  const Status ended = world.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kFatal);
  EXPECT_EQ(world.broker.committed("app", Partition{0})->position, Position{0});
  EXPECT_EQ((*world.store->read_marker(Partition{0}))->marker.number, 0U);
}

TEST(WorkerTest, ACrashBetweenPositionAndBatchIsRepairedByReadingAgain) {
  WorkerWorld world(test::config_of(kConfig));
  append_clicks(&world, 10);
  int commits = 0;
  world.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call != BrokerCall::kCommit || moment != Moment::kAfter || ++commits != 2) return {};
    return error(ErrorCode::kFatal, "the process ends here");
  };
  ASSERT_FALSE(world.run());
  EXPECT_EQ(world.broker.committed("app", Partition{0})->position, Position{10});
  EXPECT_EQ((*world.store->read_marker(Partition{0}))->marker.position, Position{0});
  world.watch.fault = nullptr;
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.counters.records_reread, 10U);
  EXPECT_EQ(world.outputs().size(), 10U);
  EXPECT_EQ((*world.store->read_marker(Partition{0}))->marker.user_count, 5U);
}

TEST(WorkerTest, AnOutputThatTheTopicDoesNotTakeBecomesADeadLetter) {
  WorkerWorld world(test::config_of(kConfig));
  world.append("a", test::request_json("a", 1, {"v1"}));
  world.append("a", test::request_json("a", 2, {"v1", "v2", "v3", "v4", "v5", "v6"}));
  world.append("a", test::request_json("a", 3, {"v1"}));
  world.watch.value_bytes_max = 250;
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.outputs().size(), 2U);
  EXPECT_THAT(world.refusals(), ElementsAre("too_large@1"));
  EXPECT_EQ(world.counters.scores, 2U);
  EXPECT_EQ(world.counters.dead_letter_total(), 1U);
}

TEST(WorkerTest, ADeadLetterThatTheTopicDoesNotTakeStopsTheWorker) {
  WorkerWorld world(test::config_of(kConfig));
  world.append("a", "not JSON");
  world.watch.value_bytes_max = 3;
  const Status ended = world.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kFatal);
  EXPECT_THAT(ended.error().message, HasSubstr("nothing can be committed past it"));
}

TEST(WorkerTest, AStoreThatRefusesForAWhileIsTriedAgain) {
  WorkerWorld world(test::config_of(kConfig));
  const std::unique_ptr<stateful::StateStore> inner = std::move(world.store);
  auto flaky = std::make_unique<test::FlakyStore>(inner.get());
  flaky->reads_to_fail = 2;
  flaky->writes_to_fail = 2;
  world.store = std::move(flaky);
  append_clicks(&world, 10);
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.by_source().size(), 10U);
  EXPECT_EQ(world.outputs().size(), 10U);
  EXPECT_EQ(world.counters.records, 10U);
  test::logical_digest(world.store.get(), world.config);
}

TEST(WorkerTest, AGapThatReadingAgainMendsIsNoErrorWhereOffsetsAreContiguous) {
  WorkerConfig config = test::config_of(kConfig);
  config.input.offsets = OffsetPolicy::kContiguous;
  WorkerWorld world(config);
  append_clicks(&world, 20);
  world.watch.lose_once = Offset{7};
  ASSERT_TRUE(world.run());
  EXPECT_FALSE(world.watch.lose_once);
  EXPECT_EQ(world.by_source().size(), 20U);
}

TEST(WorkerTest, AGapThatIsThereTwiceStopsByNameWhereOffsetsAreContiguous) {
  WorkerConfig config = test::config_of(kConfig);
  config.input.offsets = OffsetPolicy::kContiguous;
  WorkerWorld world(config);
  append_clicks(&world, 3);
  world.broker.skip_offsets("clicks", Partition{0}, 2);
  append_clicks(&world, 3);
  const Status ended = world.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kFatal);
  EXPECT_THAT(ended.error().message, HasSubstr("clicks-0 at offset 5: 3 is missing"));
  EXPECT_THAT(ended.error().message, HasSubstr("input.offsets: gaps"));
  world.config.input.offsets = OffsetPolicy::kGaps;
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.by_source().size(), 6U);
}

TEST(WorkerTest, APositionThatWasResetByHandIsRefused) {
  WorkerWorld world(test::config_of(kConfig));
  append_clicks(&world, 3);
  ASSERT_TRUE(world.run());
  world.store = std::make_unique<stateful::MemoryStateStore>();
  world.config.application_id = "another";
  ASSERT_TRUE(world.run());
  world.config.application_id = "app";
  const Status ended = world.run();  // the state is that of "another"
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(ended.error().message, HasSubstr("partition 0: "));
}

// A worker on a thread and a store of its own, as another machine has.
class ThreadedWorker {
 public:
  explicit ThreadedWorker(WorkerWorld* world)
      : worker_(
            {&world->config, world->model, &store_, &clock_, &counters_}, 1 << 20,
            [world]() -> Result<std::unique_ptr<Transport>> {
              return std::make_unique<test::MemoryTransport>(&world->broker, world->config);
            },
            &stop_),
        thread_([this] { ended_ = worker_.run(); }) {}

  void stop() {
    stop_.request();
    thread_.join();
    EXPECT_TRUE(ended_) << ended_.error().message;
  }
  const Counters& counters() const { return counters_; }  // after stop()

 private:
  const SystemClock clock_;
  StopSignal stop_;
  stateful::MemoryStateStore store_;
  Counters counters_;
  Status ended_;
  Worker worker_;
  std::thread thread_;
};

// Waits until so many input records have an output.
void await_outputs(const WorkerWorld& world, std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (world.by_source().size() < count && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
}

TEST(WorkerTest, TwoWorkersShareThePartitionsAndOneGoesOnAlone) {
  WorkerWorld alone(test::config_of(kConfig), 4);
  WorkerWorld shared(test::config_of(kConfig), 4);
  for (const int count : {200, 300, 400}) append_clicks(&alone, count);
  ASSERT_TRUE(alone.run());

  append_clicks(&shared, 200);
  ThreadedWorker first(&shared);
  await_outputs(shared, 200);
  ThreadedWorker second(&shared);  // has no state of what it takes over, whenever it joins
  append_clicks(&shared, 300);
  await_outputs(shared, 500);
  first.stop();
  append_clicks(&shared, 400);
  await_outputs(shared, 900);
  second.stop();
  EXPECT_TRUE(shared.by_source() == alone.by_source());
  EXPECT_GE(second.counters().records, 400U);
  EXPECT_GE(second.counters().records_reread, 200U);
}

}  // namespace freshet::pipeline::worker_test
