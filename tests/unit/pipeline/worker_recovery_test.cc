#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/flaky_store.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::worker_recovery_test {
namespace {

using test::BrokerCall;
using test::Moment;
using test::WorkerWorld;
using ::testing::HasSubstr;

constexpr std::string_view kConfig =
    "{application_id: app,"
    " behaviours: [{name: click, types: [click], length_max: 3, age_max: 1d}]}";

void append_clicks(WorkerWorld* world, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string user = "u" + std::to_string(i % 5);
    world->append(user, test::click_json(user, "v" + std::to_string(i % 8), i));
  }
}

TEST(WorkerRecoveryTest, ACommitThatIsNeverTakenStopsTheWorkerByName) {
  WorkerConfig config = test::config_of(kConfig);
  config.commit.records_max = 1;
  WorkerWorld world(config);
  append_clicks(&world, 10);
  int commits = 0;
  world.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call != BrokerCall::kCommit || moment != Moment::kBefore || ++commits == 1) return {};
    return error(ErrorCode::kFenced, "the transaction was aborted");
  };
  const Status ended = world.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kFatal);
  EXPECT_THAT(ended.error().message, HasSubstr("without a step forward"));
  EXPECT_THAT(ended.error().message, HasSubstr("the transaction was aborted"));
  EXPECT_EQ(world.broker.committed("app", Partition{0})->position, Position{0});
}

class WorkerSavesTest : public testing::TestWithParam<bool> {};

TEST_P(WorkerSavesTest, AUserThatIsDamagedInTheStoreIsMadeAgainFromTheInput) {
  WorkerWorld world(test::config_of(kConfig));
  world.saves_late = GetParam();
  append_clicks(&world, 20);
  ASSERT_TRUE(world.run());
  stateful::CheckpointBatch damage;
  damage.owner = world.store->take_ownership(Partition{0});
  damage.marker = **world.store->read_marker(Partition{0});
  ASSERT_TRUE(world.store->scan(Partition{0}, std::nullopt, [&](std::string_view user, auto) {
    damage.users.push_back({UserId(user), "not a user's state"});
    return true;
  }));
  ASSERT_TRUE(world.store->apply(damage));
  const std::unique_ptr<stateful::StateStore> inner = std::move(world.store);
  auto flaky = std::make_unique<test::FlakyStore>(inner.get());
  flaky->asides_to_fail = 2;  // the disk is full for a while
  world.store = std::move(flaky);
  append_clicks(&world, 20);
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.by_source().size(), 40U);

  WorkerWorld undamaged(test::config_of(kConfig));
  append_clicks(&undamaged, 20);
  append_clicks(&undamaged, 20);
  ASSERT_TRUE(undamaged.run());
  EXPECT_EQ(world.by_source(), undamaged.by_source());
  EXPECT_EQ(test::logical_digest(world.store.get(), world.config),
            test::logical_digest(undamaged.store.get(), undamaged.config));
}

TEST_P(WorkerSavesTest, ADiskThatRefusesForAWhileLosesNothing) {
  WorkerConfig config = test::config_of(kConfig);
  config.commit.records_max = 5;
  config.checkpoint.interval = DurationMs{0};
  WorkerWorld world(config);
  world.saves_late = GetParam();
  const std::unique_ptr<stateful::StateStore> inner = std::move(world.store);
  auto flaky = std::make_unique<test::FlakyStore>(inner.get());
  flaky->writes_to_fail = 3;
  world.store = std::move(flaky);
  append_clicks(&world, 40);
  ASSERT_TRUE(world.run());
  EXPECT_GE(world.counters.retries[static_cast<std::size_t>(Operation::kSaveState)], 2U);
  EXPECT_EQ((**inner->read_marker(Partition{0})).marker.position, Position{40});

  WorkerWorld undisturbed(config);
  append_clicks(&undisturbed, 40);
  ASSERT_TRUE(undisturbed.run());
  EXPECT_EQ(world.by_source(), undisturbed.by_source());
  EXPECT_EQ(test::logical_digest(inner.get(), config),
            test::logical_digest(undisturbed.store.get(), config));
}

INSTANTIATE_TEST_SUITE_P(AtOnceAndLate, WorkerSavesTest, testing::Bool());

}  // namespace
}  // namespace freshet::pipeline::worker_recovery_test
