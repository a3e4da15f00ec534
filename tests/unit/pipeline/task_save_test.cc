// A task whose batches come into the store some time behind their commit.
#include <gtest/gtest.h>

#include "pipeline/task/task.h"
#include "scorer/float_mode.h"
#include "tests/support/flaky_store.h"
#include "tests/support/late_saves.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline::task_save_test {

class TaskSaveTest : public ::testing::Test {
 protected:
  TaskSaveTest() {
    scorer::set_float_mode();
    model_ = test::serve(test::random_model(test::small_model(config_)), config_);
    TaskContext context{&config_, model_, &store_, &clock_, &counters_};
    context.saves = &saves_;
    run_.emplace(context, 1);  // who is not changed is evicted at once
    EXPECT_TRUE(run_->start());
    EXPECT_TRUE(run_->task().finish_save());
  }

  void click(const std::string& user, std::int64_t ms) {
    test::StoredRecord record = test::keyed_record(user, test::click_json(user, "v1", ms));
    record.offset = Offset{next_offset_++};
    ASSERT_TRUE(run_->process(test::view_of(record)));
  }

  // As the next output would tell it.
  std::size_t clicks_of(const std::string& user) {
    test::StoredRecord record = test::keyed_record(user, test::request_json(user, 50, {"v1"}));
    record.offset = Offset{next_offset_++};
    const auto output = run_->process(test::view_of(record));
    EXPECT_TRUE(output && *output);
    const std::string& value = *(**output).value;
    const std::string name = "\"sequence_length\":";
    return std::stoul(value.substr(value.find(name) + name.size()));
  }

  bool has(const std::string& user) {
    return inner_.read_user(Partition{0}, UserId(user))->has_value();
  }
  std::uint64_t stored_marker() { return (**inner_.read_marker(Partition{0})).marker.number; }

  WorkerConfig config_ =
      test::config_of("behaviours: [{name: click, types: [click], length_max: 9, age_max: 100ms}]");
  std::shared_ptr<const ServedModel> model_;
  stateful::MemoryStateStore inner_;
  test::FlakyStore store_{&inner_};
  test::LateSaves saves_{&store_};
  test::ManualClock clock_;
  Counters counters_;
  std::optional<test::TaskRun> run_;
  std::int64_t next_offset_ = 0;
};

TEST_F(TaskSaveTest, AUserWhoseBatchIsOnItsWayIsReadThere) {
  click("a", 1);
  run_->commit(Task::Save::kEverything);
  EXPECT_FALSE(has("a"));
  EXPECT_EQ(clicks_of("a"), 1U);
  click("a", 2);
  EXPECT_EQ(clicks_of("a"), 2U);
  saves_.write_next();
  EXPECT_TRUE(has("a"));
  EXPECT_EQ(clicks_of("a"), 2U);
}

TEST_F(TaskSaveTest, AStepFindsThatTheBatchIsInTheStore) {
  const std::uint64_t before = counters_.commits;
  click("a", 1);
  run_->commit(Task::Save::kEverything);
  EXPECT_EQ(counters_.users_saved, 0U);
  saves_.write_next();
  ASSERT_TRUE(run_->task().step());
  EXPECT_EQ(counters_.users_saved, 1U);
  EXPECT_EQ(counters_.commits, before + 1);
  EXPECT_TRUE(run_->task().finish_save());
  EXPECT_EQ(counters_.commits, before + 1);
}

TEST_F(TaskSaveTest, TheNextCommitFindsTheBatchOfTheLastInTheStore) {
  click("a", 1);
  run_->commit(Task::Save::kEverything);
  EXPECT_EQ(saves_.waiting(), 1U);
  click("b", 2);
  run_->commit(Task::Save::kEverything);
  EXPECT_TRUE(has("a"));
  EXPECT_FALSE(has("b"));
  EXPECT_EQ(stored_marker(), 1U);
  run_->close();
  EXPECT_TRUE(has("b"));
}

TEST_F(TaskSaveTest, ABatchThatTheDiskRefusesIsTriedAgain) {
  click("a", 1);
  run_->commit(Task::Save::kEverything);
  store_.writes_to_fail = 2;
  saves_.write_next();
  const Result<bool> stepped = run_->task().step();
  ASSERT_FALSE(stepped);
  EXPECT_EQ(stepped.error().code, ErrorCode::kUnavailable);
  const Status again = run_->task().finish_save();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(has("a"));
  EXPECT_EQ(clicks_of("a"), 1U);
  EXPECT_TRUE(run_->task().step());
  EXPECT_TRUE(has("a"));
}

TEST_F(TaskSaveTest, ABatchOfAnEarlierOwnerIsFenced) {
  click("a", 1);
  run_->commit(Task::Save::kEverything);
  static_cast<void>(inner_.take_ownership(Partition{0}));
  const Status finished = run_->task().finish_save();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, ErrorCode::kFenced);
  EXPECT_FALSE(has("a"));
}

TEST_F(TaskSaveTest, AnAbandonedBatchIsNotWrittenBehindItsTask) {
  click("a", 1);
  run_->commit(Task::Save::kEverything);
  run_->task().abandon_save();
  EXPECT_EQ(saves_.waiting(), 0U);
  EXPECT_EQ(*inner_.set_aside(Partition{0}, run_->task().owner()),
            stateful::ApplyOutcome::kApplied);
  EXPECT_FALSE(has("a"));
}

TEST_F(TaskSaveTest, ATaskThatCrashesLeavesItsBatchToNobody) {
  click("a", 1);
  run_->commit(Task::Save::kEverything);
  run_->crash();
  ASSERT_TRUE(run_->start());
  saves_.write_next();
  EXPECT_FALSE(has("a"));
  EXPECT_EQ(run_->task().read_from(), Position{0});
}

}  // namespace freshet::pipeline::task_save_test
