// What a worker refuses at a partition's start on the in-memory broker: a topic that was made anew,
// a state that is lost and that retention does not cover.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "stateful/memory_state_store.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::worker_refusals_test {
namespace {

using test::WorkerWorld;
using ::testing::HasSubstr;

constexpr std::int64_t kHourMs = 3'600'000;

WorkerConfig config_with(bool changelog, Delivery delivery) {
  WorkerConfig config = test::config_of(
      "{application_id: app, changelog: off, delivery: at_least_once,"
      " input: {event_future_max_ms: 3600000},"
      " behaviours: [{name: click, types: [click], length_max: 3, age_max: 6h}]}");
  config.changelog = changelog;
  config.delivery = delivery;
  return config;
}

// A click every hour, each in a record of its own time.
void append_hours(WorkerWorld* world, std::int64_t from, std::int64_t to) {
  for (std::int64_t hour = from; hour < to; ++hour) {
    const std::string user = "u" + std::to_string(hour % 3);
    test::StoredRecord record = test::keyed_record(
        user, test::click_json(user, "v" + std::to_string(hour % 8), hour * kHourMs));
    record.timestamp = EventTime{test::kBaseMs + hour * kHourMs};
    world->append(record);
  }
}

void make_anew(WorkerWorld* world) {
  world->broker.delete_topic(world->config.kafka.input);
  world->broker.create_topic(world->config.kafka.input, 1);
}

// As a tool may do that takes positions along.
void make_anew_under_its_positions(WorkerWorld* world) {
  const auto committed = world->broker.committed("app", Partition{0});
  ASSERT_TRUE(committed);
  make_anew(world);
  world->broker.reset_position("app", Partition{0}, *committed);
}

void lose_state(WorkerWorld* world) {
  world->store = std::make_unique<stateful::MemoryStateStore>();
}

std::string refusal(WorkerWorld* world) {
  const std::size_t outputs = world->outputs().size();
  const Status ended = world->run();
  EXPECT_FALSE(ended);
  if (ended) return "accepted";
  EXPECT_EQ(ended.error().code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(world->outputs().size(), outputs);
  return ended.error().message;
}

struct Kind {
  bool changelog;
  Delivery delivery;
  bool keeps_store;
};

class RecreatedTopicTest : public testing::TestWithParam<Kind> {
 protected:
  RecreatedTopicTest() : world_(config_with(GetParam().changelog, GetParam().delivery)) {
    append_hours(&world_, 0, 20);
    EXPECT_TRUE(world_.run());
    if (!GetParam().keeps_store) lose_state(&world_);
  }
  WorkerWorld world_;
};

TEST_P(RecreatedTopicTest, IsRefusedWithoutPositionsWhereThereIsState) {
  make_anew(&world_);
  append_hours(&world_, 0, 30);
  if (GetParam().changelog || GetParam().keeps_store) {
    EXPECT_THAT(refusal(&world_), HasSubstr("the group has no committed position: "));
    EXPECT_THAT(refusal(&world_), HasSubstr("the input topic was deleted"));
  } else {
    ASSERT_TRUE(world_.run());  // nothing of the old topic is left to go on from
    EXPECT_EQ(world_.broker.committed("app", Partition{0})->position, Position{30});
  }
}

TEST_P(RecreatedTopicTest, IsRefusedWhereItHoldsOtherRecords) {
  make_anew_under_its_positions(&world_);
  append_hours(&world_, 1, 40);
  EXPECT_THAT(refusal(&world_), HasSubstr("clicks-0 at offset 19: not the record that was applied "
                                          "last: the topic was deleted and made again"));
  EXPECT_THAT(refusal(&world_), HasSubstr("choose another application_id"));  // and again
}

TEST_P(RecreatedTopicTest, IsRefusedWhereItIsShorter) {
  make_anew_under_its_positions(&world_);
  append_hours(&world_, 0, 19);
  EXPECT_THAT(refusal(&world_), HasSubstr("partition 0: the input ends at position 19, before the "
                                          "group's, 20: the topic was deleted and made again"));
}

TEST_P(RecreatedTopicTest, IsRefusedWhereItHasNoRecordThere) {
  make_anew_under_its_positions(&world_);
  append_hours(&world_, 0, 19);
  world_.broker.skip_offsets("clicks", Partition{0}, 5);
  append_hours(&world_, 24, 30);
  EXPECT_THAT(refusal(&world_), HasSubstr("the record that was applied last is not there"));
}

TEST_P(RecreatedTopicTest, IsTheSameOneWhereEveryRecordIs) {
  make_anew_under_its_positions(&world_);
  append_hours(&world_, 0, 30);
  ASSERT_TRUE(world_.run());
  EXPECT_EQ(world_.by_source().size(), 30U);
}

INSTANTIATE_TEST_SUITE_P(Kinds, RecreatedTopicTest,
                         testing::Values(Kind{true, Delivery::kExactlyOnce, true},
                                         Kind{true, Delivery::kExactlyOnce, false},
                                         Kind{false, Delivery::kAtLeastOnce, true},
                                         Kind{false, Delivery::kAtLeastOnce, false},
                                         Kind{false, Delivery::kExactlyOnce, false}));

TEST(WorkerRefusalsTest, ATopicThatRetentionEmptiedIsNoOtherTopic) {
  WorkerWorld world(config_with(true, Delivery::kExactlyOnce));
  append_hours(&world, 0, 20);
  ASSERT_TRUE(world.run());
  world.broker.trim("clicks", Partition{0}, Position{20});
  append_hours(&world, 20, 25);
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.by_source().size(), 25U);
}

TEST(WorkerRefusalsTest, ALostStateIsReadFromWhereItMatters) {
  WorkerWorld kept(config_with(false, Delivery::kAtLeastOnce));
  append_hours(&kept, 0, 20);
  ASSERT_TRUE(kept.run());
  append_hours(&kept, 20, 30);
  ASSERT_TRUE(kept.run());

  WorkerWorld world(config_with(false, Delivery::kAtLeastOnce));
  append_hours(&world, 0, 20);
  ASSERT_TRUE(world.run());
  lose_state(&world);
  world.broker.trim("clicks", Partition{0}, Position{11});  // T is hour 19: hour 12 matters
  append_hours(&world, 20, 30);
  world.counters = {};
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.counters.records_reread, 8U);
  EXPECT_EQ(world.by_source(), kept.by_source());
  EXPECT_EQ(test::logical_digest(world.store.get(), world.config),
            test::logical_digest(kept.store.get(), kept.config));
}

TEST(WorkerRefusalsTest, ALostStateThatRetentionDoesNotCoverIsRefused) {
  WorkerWorld world(config_with(false, Delivery::kExactlyOnce));
  append_hours(&world, 0, 20);
  ASSERT_TRUE(world.run());
  std::unique_ptr<stateful::StateStore> kept = std::move(world.store);
  lose_state(&world);
  world.broker.trim("clicks", Partition{0}, Position{12});
  append_hours(&world, 20, 30);
  EXPECT_THAT(refusal(&world), HasSubstr("partition 0: no state of it is here, and retention does "
                                         "not cover it: the topic begins at offset 12"));
  EXPECT_FALSE(*world.store->read_marker(Partition{0}));
  world.store = std::move(kept);  // what the refusal asks for
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.by_source().size(), 30U);
}

}  // namespace
}  // namespace freshet::pipeline::worker_refusals_test
