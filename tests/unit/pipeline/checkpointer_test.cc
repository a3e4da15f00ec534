#include "pipeline/state/checkpointer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "scorer/float_mode.h"
#include "tests/support/counting_store.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline::checkpointer_test {

constexpr std::size_t kStepBytes = std::size_t{16} << 10;
constexpr std::size_t kCommitBytes = std::size_t{256} << 10;

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    scorer::set_float_mode();
    owner_ = store_.take_ownership(Partition{0});
    const ServedModels models{test::serve(test::random_model(test::small_model(config_)), config_)};
    state_.emplace(&store_, Partition{0}, owner_, models, config_.limits(), std::nullopt, 1 << 20);
    state_->advance_stream_time(EventTime{test::kBaseMs});
    checkpointer_.emplace(&config_.checkpoint, &clock_, &store_, nullptr, &counters_, &*state_);
  }

  // Stores users of so many clicks each; returns the bytes of a value.
  std::size_t store_users(std::size_t users, std::size_t clicks) {
    stateful::UserState state(config_.limits());
    for (std::size_t i = 0; i < clicks; ++i) {
      state.sequences[0].insert(
          {EventTime{test::kBaseMs - static_cast<std::int64_t>(i)}, ItemId("v1")});
    }
    stateful::CheckpointBatch batch;
    batch.owner = owner_;
    const std::string value = stateful::encode_user_state(state);
    for (std::size_t i = 0; i < users; ++i) {
      batch.users.push_back({UserId("stored" + std::to_string(i)), value});
    }
    EXPECT_TRUE(inner_.apply(batch));
    return value.size();
  }

  // A commit that saves who is due, and the steps behind it until nothing is left to do; returns
  // what each of these looked at.
  std::vector<test::CountingStore::Count> steps_behind_a_commit() {
    auto batch = state_->take_slice();
    batch->owner = owner_;
    EXPECT_TRUE(checkpointer_->write(batch));
    store_.scans.clear();
    while (*checkpointer_->step(Offset{0})) continue;
    return store_.scans;
  }

  WorkerConfig config_ =
      test::config_of("behaviours: [{name: click, types: [click], length_max: 5000, age_max: 1d}]");
  stateful::MemoryStateStore inner_;
  test::CountingStore store_{&inner_};
  stateful::OwnerToken owner_;
  test::ManualClock clock_;
  Counters counters_;
  std::optional<PartitionState> state_;
  std::optional<Checkpointer> checkpointer_;
};

TEST_F(CheckpointerTest, AStepLooksAtFewLongSequences) {
  const std::size_t each = store_users(150, 1'500);
  std::size_t bytes = 0;
  const auto steps = steps_behind_a_commit();
  for (const auto& step : steps) {
    EXPECT_LT(step.bytes, kStepBytes + each);
    bytes += step.bytes;
  }
  EXPECT_GE(bytes, kCommitBytes);
  EXPECT_LT(bytes, kCommitBytes + each);
}

TEST_F(CheckpointerTest, AStepLooksAtOneSequenceThatIsLongerThanThat) {
  ASSERT_GT(store_users(30, 5'000), kStepBytes);
  const auto steps = steps_behind_a_commit();
  EXPECT_GT(steps.size(), 1U);
  for (const auto& step : steps) EXPECT_EQ(step.users, 1U);
}

TEST_F(CheckpointerTest, AStepLooksAtABoundedNumberOfSmallUsers) {
  store_users(250, 1);
  std::vector<std::size_t> users;
  for (const auto& step : steps_behind_a_commit()) users.push_back(step.users);
  EXPECT_EQ(users, (std::vector<std::size_t>(5, 40)));
}

TEST_F(CheckpointerTest, TheNextCommitsGoOnWhereTheStepsEnded) {
  store_users(150, 1'000);
  std::size_t users = 0;
  int commits = 0;
  for (; users < 150 && commits < 20; ++commits) {
    for (const auto& step : steps_behind_a_commit()) users += step.users;
  }
  EXPECT_EQ(users, 150U);
  EXPECT_GT(commits, 1);
}

}  // namespace freshet::pipeline::checkpointer_test
