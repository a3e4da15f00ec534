// What a task's commits hold, and how the next task goes on from them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/position_metadata.h"
#include "pipeline/task/task.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline::task_commit_test {

using ::testing::HasSubstr;

class TaskCommitTest : public ::testing::Test {
 protected:
  TaskCommitTest() {
    scorer::set_float_mode();
    model_ = test::serve(test::random_model(test::small_model(config_)), config_);
    run_.emplace(TaskContext{&config_, model_, &store_, &clock_, &counters_}, 1 << 20);
    EXPECT_TRUE(run_->start());
  }

  void click(const std::string& user, std::int64_t ms) {
    process(test::keyed_record(user, test::click_json(user, "v1", ms)));
  }

  void process(test::StoredRecord record) {
    record.offset = Offset{next_offset_++};
    ASSERT_TRUE(run_->process(test::view_of(record)));
  }

  stateful::Marker stored() { return (**store_.read_marker(Partition{0})).marker; }
  bool has(const std::string& user) {
    return store_.read_user(Partition{0}, UserId(user))->has_value();
  }

  WorkerConfig config_ = test::config_of(
      "{checkpoint: {interval_ms: 1000},"
      " behaviours: [{name: click, types: [click], length_max: 3, age_max: 100ms}]}");
  std::shared_ptr<const ServedModel> model_;
  stateful::MemoryStateStore store_;
  test::ManualClock clock_;
  Counters counters_;
  std::optional<test::TaskRun> run_;
  std::int64_t next_offset_ = 0;
};

TEST_F(TaskCommitTest, AFirstStartCommitsMarkerZeroBeforeAnyRecord) {
  EXPECT_EQ(stored().number, 0U);
  EXPECT_EQ(stored().position, Position{0});
  EXPECT_EQ(stored().applied_from, Position{0});
  EXPECT_EQ(stored().user_count, 0U);
  EXPECT_FALSE(stored().stream_time);
  EXPECT_EQ(stored().fingerprint, fingerprint_of(config_, "clicks", 1, Partition{0}));
  const auto metadata = decode_position_metadata(run_->committed()->metadata);
  EXPECT_EQ(metadata->marker, (MarkerRef{stored().lineage, 0}));
  EXPECT_FALSE(metadata->state->stream_time);
  EXPECT_FALSE(metadata->state->last_record);
}

TEST_F(TaskCommitTest, WithoutNewRecordsThereIsNothingToCommit) {
  EXPECT_FALSE(run_->commit(Task::Save::kScheduled));
  EXPECT_FALSE(run_->commit(Task::Save::kEverything));
}

TEST_F(TaskCommitTest, ACommitNamesThePositionAndTheFirstUnsavedChange) {
  click("a", 1);
  click("b", 2);
  ASSERT_TRUE(run_->commit(Task::Save::kScheduled));
  EXPECT_EQ(run_->committed()->position, Position{2});
  EXPECT_EQ(stored().number, 1U);
  EXPECT_EQ(stored().position, Position{2});
  EXPECT_EQ(stored().applied_from, Position{0});
  EXPECT_EQ(stored().stream_time, EventTime{test::kBaseMs + 2});
  EXPECT_EQ(stored().last_record->offset, Offset{1});
  EXPECT_FALSE(has("a"));
}

TEST_F(TaskCommitTest, NoUserStaysUnsavedLongerThanTheInterval) {
  click("a", 1);
  ASSERT_TRUE(run_->commit(Task::Save::kScheduled));
  clock_.advance(500);
  click("b", 2);
  ASSERT_TRUE(run_->commit(Task::Save::kScheduled));
  clock_.advance(500);
  ASSERT_TRUE(run_->commit(Task::Save::kScheduled));
  EXPECT_TRUE(has("a"));
  EXPECT_FALSE(has("b"));
  EXPECT_EQ(stored().applied_from, Position{1});
  clock_.advance(500);
  ASSERT_TRUE(run_->commit(Task::Save::kScheduled));
  EXPECT_TRUE(has("b"));
  EXPECT_EQ(stored().applied_from, Position{2});
}

TEST_F(TaskCommitTest, ACommitSavesNoMoreThanItsBytes) {
  config_.checkpoint.bytes_per_commit = 1;  // one user is taken, whatever its size
  for (int i = 0; i < 3; ++i) click("u" + std::to_string(i), i);
  run_->commit(Task::Save::kScheduled);
  clock_.advance(1'000);
  for (std::int64_t saved = 1; saved <= 3; ++saved) {
    ASSERT_TRUE(run_->commit(Task::Save::kScheduled));
    EXPECT_EQ(stored().user_count, static_cast<std::uint64_t>(saved));
    EXPECT_EQ(stored().applied_from, Position{saved});
  }
}

TEST_F(TaskCommitTest, ALeavingTaskSavesEveryUser) {
  config_.checkpoint.bytes_per_commit = 1;
  for (int i = 0; i < 3; ++i) click("u" + std::to_string(i), i);
  run_->close();
  EXPECT_EQ(stored().user_count, 3U);
  EXPECT_EQ(stored().applied_from, Position{3});
}

TEST_F(TaskCommitTest, RecordsBelowThePositionAreAppliedWithoutOutput) {
  click("a", 1);
  ASSERT_TRUE(run_->commit(Task::Save::kScheduled));
  run_->crash();
  ASSERT_TRUE(run_->start());
  EXPECT_EQ(run_->task().read_from(), Position{0});
  const test::StoredRecord record = test::keyed_record("a", test::click_json("a", "v1", 1));
  const auto again = run_->process(test::view_of(record));
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
  EXPECT_EQ(counters_.records, 1U);
  EXPECT_EQ(counters_.records_reread, 1U);
}

TEST_F(TaskCommitTest, WhileTheInputIsReadAgainUsersAreSavedAndThePositionStands) {
  click("a", 1);
  click("b", 2);
  ASSERT_TRUE(run_->commit(Task::Save::kScheduled));
  const CommittedPosition committed = *run_->committed();
  run_->crash();
  ASSERT_TRUE(run_->start());
  next_offset_ = 0;
  EXPECT_FALSE(run_->commit(Task::Save::kEverything));  // no user is unsaved yet
  click("a", 1);
  ASSERT_TRUE(run_->commit(Task::Save::kEverything));
  EXPECT_EQ(run_->committed()->position, committed.position);
  EXPECT_EQ(decode_position_metadata(run_->committed()->metadata)->marker,
            (MarkerRef{stored().lineage, stored().number}));
  EXPECT_EQ(stored().number, 2U);
  EXPECT_EQ(stored().position, Position{2});
  EXPECT_EQ(stored().applied_from, Position{1});
  EXPECT_TRUE(has("a"));
  run_->crash();

  ASSERT_TRUE(run_->start());
  EXPECT_EQ(run_->task().read_from(), Position{1});
  click("b", 2);
  ASSERT_TRUE(run_->commit(Task::Save::kEverything));
  EXPECT_EQ(run_->committed()->position, Position{2});
  EXPECT_EQ(stored().number, 3U);
  EXPECT_EQ(stored().applied_from, Position{2});
  EXPECT_EQ(stored().stream_time, EventTime{test::kBaseMs + 2});
  EXPECT_FALSE(run_->commit(Task::Save::kScheduled));
}

TEST_F(TaskCommitTest, ReadingAgainHoldsNoMoreUnsavedUsersThanTheCacheMay) {
  constexpr int kUsers = 2'000;
  const auto write = [&] {
    for (int i = 0; i < kUsers; ++i) {
      click("u" + std::to_string(i), i % 50);
      if (i % 100 == 99) run_->commit(Task::Save::kScheduled);
    }
  };
  write();
  run_->crash();
  stateful::MemoryStateStore empty;
  const std::optional<CommittedPosition> committed = run_->committed();
  run_.emplace(TaskContext{&config_, model_, &empty, &clock_, &counters_}, 64 << 10, committed);
  ASSERT_TRUE(run_->start());
  next_offset_ = 0;
  write();
  EXPECT_EQ(counters_.records_reread, static_cast<std::uint64_t>(kUsers));
  EXPECT_GT((**empty.read_marker(Partition{0})).marker.user_count, 1'800U);
  run_->crash();
}

TEST_F(TaskCommitTest, AStoreThatACrashLeftBehindIsBroughtUpWithoutNewRecords) {
  // The impression changes no user, so its time alone tells the two markers apart.
  process(test::keyed_record("a", test::impression_json("a", "v1", 77, false)));
  ASSERT_TRUE(run_->commit_position(Task::Save::kEverything));
  run_->crash();  // before the batch
  ASSERT_TRUE(run_->start());
  next_offset_ = 0;
  process(test::keyed_record("a", test::impression_json("a", "v1", 77, false)));
  ASSERT_TRUE(run_->commit(Task::Save::kScheduled));
  EXPECT_EQ(stored().stream_time, EventTime{test::kBaseMs + 77});
  EXPECT_EQ(stored().number, 2U);
  EXPECT_FALSE(run_->commit(Task::Save::kScheduled));
}

TEST_F(TaskCommitTest, ABatchOfAnEarlierOwnerIsFenced) {
  click("a", 1);
  ASSERT_TRUE(run_->commit_position(Task::Save::kEverything));
  store_.take_ownership(Partition{0});
  const Status saved = run_->save_batch();
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kFenced);
  EXPECT_FALSE(has("a"));
}

TEST_F(TaskCommitTest, InvisibleClicksAreCollectedAndTheirUserLeavesWithATombstone) {
  click("a", 1);
  run_->commit(Task::Save::kEverything);
  ASSERT_TRUE(has("a"));
  click("b", 500);
  run_->commit(Task::Save::kEverything);  // collects behind its batch
  run_->commit(Task::Save::kEverything);
  EXPECT_FALSE(has("a"));
  EXPECT_TRUE(has("b"));
  EXPECT_EQ(stored().user_count, 1U);
  test::logical_digest(&store_, config_);  // and the state is sound
}

TEST_F(TaskCommitTest, CollectionDoesNotMoveAppliedFromBack) {
  click("a", 1);
  click("b", 500);
  run_->commit(Task::Save::kEverything);  // collects behind its batch
  ASSERT_EQ(stored().applied_from, Position{2});
  click("c", 501);
  ASSERT_TRUE(run_->commit(Task::Save::kScheduled));
  EXPECT_EQ(stored().applied_from, Position{2});
  EXPECT_EQ(stored().position, Position{3});
}

TEST_F(TaskCommitTest, AStartReadsTheLastRecordAgainAndComparesItAlone) {
  for (int i = 0; i < 3; ++i) click("a", i);
  run_->close();
  ASSERT_EQ(stored().applied_from, Position{3});
  const stateful::Digest saved = stored().digest;
  ASSERT_TRUE(run_->start());
  EXPECT_EQ(run_->task().read_from(), Position{2});
  EXPECT_TRUE(run_->task().reading_again());
  --next_offset_;
  click("a", 2);
  EXPECT_FALSE(run_->task().reading_again());
  EXPECT_FALSE(run_->commit(Task::Save::kEverything));
  EXPECT_EQ(stored().digest, saved);
}

TEST_F(TaskCommitTest, ATopicWithAnotherRecordInTheLastOnesPlaceIsRefused) {
  for (int i = 0; i < 3; ++i) click("a", i);
  run_->close();
  test::StoredRecord other = test::keyed_record("a", test::click_json("a", "v2", 2));
  test::StoredRecord later = test::keyed_record("a", test::click_json("a", "v1", 2));
  other.offset = Offset{2};
  later.offset = Offset{3};
  for (const auto& [record, why] :
       {std::pair{other,
                  "clicks-0 at offset 2: not the record that was applied last: the topic "
                  "was deleted and made again"},
        std::pair{later,
                  "clicks-0 at offset 2: the record that was applied last is not there: the "
                  "topic was deleted"}}) {
    ASSERT_TRUE(run_->start());
    const auto refused = run_->process(test::view_of(record));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
    EXPECT_THAT(refused.error().message, HasSubstr(why));
    run_->crash();
  }
}

TEST_F(TaskCommitTest, ARecordOfAnotherTimeIsAnotherRecord) {
  test::StoredRecord record = test::keyed_record("a", test::click_json("a", "v1", 0));
  record.timestamp = EventTime{test::kBaseMs};
  process(record);
  run_->close();
  ASSERT_TRUE(run_->start());
  record.timestamp = EventTime{test::kBaseMs + 1};
  EXPECT_FALSE(run_->process(test::view_of(record)));
  run_->crash();
  ASSERT_TRUE(run_->start());
  record.timestamp.reset();  // a file has none
  EXPECT_TRUE(run_->process(test::view_of(record)));
}

TEST_F(TaskCommitTest, WhatIsReadAgainOnTheWayDoesNotBecomeTheLastRecord) {
  for (int i = 0; i < 3; ++i) click("a", i);
  run_->commit(Task::Save::kScheduled);  // nothing is saved: all is read again
  const auto last = stored().last_record;
  ASSERT_EQ(last->offset, Offset{2});
  run_->crash();
  ASSERT_TRUE(run_->start());
  next_offset_ = 0;
  click("another", 0);  // of a topic that was made anew
  ASSERT_TRUE(run_->commit(Task::Save::kEverything));
  EXPECT_EQ(stored().last_record, last);
  EXPECT_EQ(decode_position_metadata(run_->committed()->metadata)->state->last_record, last);
}

TEST_F(TaskCommitTest, AShorterLengthIsAdoptedAndALongerOneRefused) {
  for (int i = 0; i < 4; ++i) click("a", i);
  run_->close();
  config_.behaviours[0].limits.length_max = 2;
  ASSERT_TRUE(run_->start());
  --next_offset_;
  click("a", 3);  // the last record, read again
  click("a", 9);
  run_->close();
  const auto value = store_.read_user(Partition{0}, UserId("a"));
  EXPECT_EQ(stateful::decode_user_state(config_.limits(), **value)->sequences[0].size(), 3U);
  test::logical_digest(&store_, config_);
  config_.behaviours[0].limits.length_max = 3;
  const Status refused = run_->start();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("behaviour.click.length_max = 2"));
}

}  // namespace freshet::pipeline::task_commit_test
