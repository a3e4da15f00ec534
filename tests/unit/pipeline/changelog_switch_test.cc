// A worker that goes from `changelog: off` to `on`, and back, on the in-memory broker: outputs and
// state are those of a worker that never did, or it is refused and nothing is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "pipeline/config/changelog_name.h"
#include "stateful/memory_state_store.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::changelog_switch_test {
namespace {

using test::WorkerWorld;
using ::testing::HasSubstr;

class ChangelogSwitchTest : public testing::TestWithParam<Delivery> {
 protected:
  ChangelogSwitchTest() : world_(config()), kept_(config()) {
    // The wait for a marker ends by the clock, which stands still otherwise.
    world_.watch.fault = [this](test::BrokerCall call, test::Moment) -> Status {
      if (call == test::BrokerCall::kPoll) world_.clock.advance(500);
      return {};
    };
  }

  static WorkerConfig config() {
    WorkerConfig config = test::config_of(
        "{application_id: app, changelog: off, delivery: at_least_once,"
        " checkpoint: {interval_ms: 1000}, input: {event_future_max_ms: 1000},"
        " behaviours: [{name: click, types: [click], length_max: 3, age_max: 2s}]}");
    config.delivery = GetParam();
    config.commit.records_max = 16;
    return config;
  }

  // The next 100 clicks, 50 ms apart, to both worlds; only the one whose worker never switches
  // runs.
  void append() {
    for (WorkerWorld* world : {&world_, &kept_}) {
      for (int i = next_; i < next_ + 100; ++i) {
        const std::string user = "u" + std::to_string(i % 7);
        test::StoredRecord record =
            test::keyed_record(user, test::click_json(user, "v" + std::to_string(i % 8), i * 50));
        record.timestamp = EventTime{test::kBaseMs + i * 50};
        world->append(record);
      }
    }
    next_ += 100;
  }

  Status run(bool changelog) {
    append();
    world_.config.changelog = changelog;
    return world_.run();
  }

  std::string refusal() {
    world_.config.changelog = true;
    const auto before = world_.store->read_marker(Partition{0});
    const Status ended = world_.run();
    EXPECT_FALSE(ended);
    if (ended) return "accepted";
    EXPECT_EQ(ended.error().code, ErrorCode::kInvalidConfig);
    EXPECT_EQ(*world_.store->read_marker(Partition{0}), *before);
    EXPECT_TRUE(world_.store->asides()->empty());
    return ended.error().message;
  }

  void expect_all_as_without_a_switch() {
    ASSERT_TRUE(kept_.run());
    EXPECT_EQ(world_.by_source(), kept_.by_source());
    EXPECT_EQ(test::logical_digest(world_.store.get(), world_.config),
              test::logical_digest(kept_.store.get(), kept_.config));
  }

  void lose_state() { world_.store = std::make_unique<stateful::MemoryStateStore>(); }

  WorkerWorld world_;
  WorkerWorld kept_;
  int next_ = 0;
};

TEST_P(ChangelogSwitchTest, OnFillsTheChangelogFromTheInput) {
  ASSERT_TRUE(run(false));
  ASSERT_TRUE(run(true));
  EXPECT_EQ(world_.store->asides()->size(), 1U);
  lose_state();
  ASSERT_TRUE(run(true));  // the changelog holds all there is
  expect_all_as_without_a_switch();
}

TEST_P(ChangelogSwitchTest, OnWithoutAStateOfItsOwnIsTheSame) {
  ASSERT_TRUE(run(false));
  lose_state();
  ASSERT_TRUE(run(true));
  lose_state();
  ASSERT_TRUE(run(true));
  expect_all_as_without_a_switch();
}

TEST_P(ChangelogSwitchTest, OffGoesOnFromTheStateThatIsHere) {
  ASSERT_TRUE(run(true));
  ASSERT_TRUE(run(false));
  EXPECT_TRUE(world_.store->asides()->empty());
  expect_all_as_without_a_switch();
}

TEST_P(ChangelogSwitchTest, OffWithoutAStateReadsTheInput) {
  ASSERT_TRUE(run(true));
  lose_state();
  ASSERT_TRUE(run(false));
  expect_all_as_without_a_switch();
}

// What a restore has brought so far is no checkpoint: its users' digest is not in its marker.
TEST_P(ChangelogSwitchTest, OffSetsAsideWhatWasRestoredHalfAndReadsTheInput) {
  ASSERT_TRUE(run(true));
  const auto whole = world_.store->read_marker(Partition{0});
  const auto value = world_.store->read_user(Partition{0}, UserId("u1"));
  ASSERT_TRUE(whole && *whole && value && *value);
  lose_state();
  stateful::CheckpointBatch half;
  half.partition = Partition{0};
  half.owner = world_.store->take_ownership(Partition{0});
  half.users = {{UserId("u1"), **value}};
  half.marker.marker.lineage = (*whole)->marker.lineage;
  half.marker.changelog_position = Position{1};
  half.marker.restored =
      stateful::RestoredSoFar{stateful::digest_of_user(UserId("u1"), **value), 1};
  ASSERT_TRUE(world_.store->apply(half));
  ASSERT_TRUE(run(false));
  EXPECT_EQ(world_.store->asides()->size(), 1U);
  stateful::Digest there;
  ASSERT_TRUE(
      world_.store->scan(Partition{0}, std::nullopt, [&](std::string_view user, auto bytes) {
        there += stateful::digest_of_user(UserId(std::string(user)), bytes);
        return true;
      }));
  EXPECT_EQ((*world_.store->read_marker(Partition{0}))->marker.digest, there);
  expect_all_as_without_a_switch();
}

TEST_P(ChangelogSwitchTest, OffIsCommittedOfAPartitionInWhichNothingHappens) {
  ASSERT_TRUE(run(true));
  world_.config.changelog = false;
  ASSERT_TRUE(world_.run());
  world_.broker.delete_topic(changelog_topic(world_.config));
  ASSERT_TRUE(run(true));
  expect_all_as_without_a_switch();
}

TEST_P(ChangelogSwitchTest, OnAgainGoesOnFromTheChangelogsLastMarker) {
  ASSERT_TRUE(run(true));
  ASSERT_TRUE(run(false));
  ASSERT_TRUE(run(true));
  lose_state();
  ASSERT_TRUE(run(true));
  expect_all_as_without_a_switch();
}

TEST_P(ChangelogSwitchTest, OnAgainAfterTheChangelogWasDeletedFillsANewOne) {
  ASSERT_TRUE(run(true));
  ASSERT_TRUE(run(false));
  world_.broker.delete_topic(changelog_topic(world_.config));
  ASSERT_TRUE(run(true));
  lose_state();
  ASSERT_TRUE(run(true));
  expect_all_as_without_a_switch();
}

TEST_P(ChangelogSwitchTest, OnIsRefusedWhereRetentionDoesNotCoverTheState) {
  ASSERT_TRUE(run(false));
  world_.broker.trim("clicks", Partition{0}, Position{60});
  EXPECT_THAT(refusal(),
              HasSubstr("committed with changelog: off, and retention does not cover the "
                        "state: the input begins at offset 60"));
  ASSERT_TRUE(run(false));  // what the refusal asks for
  expect_all_as_without_a_switch();
}

TEST_P(ChangelogSwitchTest, OnAgainIsRefusedWhereRetentionHasPassedTheChangelogsMarker) {
  ASSERT_TRUE(run(true));
  ASSERT_TRUE(run(false));
  world_.broker.trim("clicks", Partition{0}, Position{120});
  EXPECT_THAT(refusal(), HasSubstr("set changelog: off again, or delete the changelog's topic"));
  world_.broker.delete_topic(changelog_topic(world_.config));
  ASSERT_TRUE(run(true));
  expect_all_as_without_a_switch();
}

TEST_P(ChangelogSwitchTest, AChangelogThatIsLostIsStillALoss) {
  ASSERT_TRUE(run(true));
  world_.broker.delete_topic(changelog_topic(world_.config));
  EXPECT_THAT(refusal(), HasSubstr("the changelog holds no marker: its end was lost"));
}

INSTANTIATE_TEST_SUITE_P(Deliveries, ChangelogSwitchTest,
                         testing::Values(Delivery::kExactlyOnce, Delivery::kAtLeastOnce));

}  // namespace
}  // namespace freshet::pipeline::changelog_switch_test
