// One task: what becomes of each record, and what a commit of it holds.
#include "pipeline/task/task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline::task_test {

using test::click_json;
using test::impression_json;
using test::keyed_record;
using test::request_json;
using test::StoredRecord;
using ::testing::HasSubstr;
using ::testing::Not;

class TaskTest : public ::testing::Test {
 protected:
  TaskTest() { scorer::set_float_mode(); }

  // The task, made at its first use so that a test may change the configuration before.
  test::TaskRun& run() {
    if (!run_) {
      if (!model_) model_ = test::serve(test::random_model(test::small_model(config_)), config_);
      run_.emplace(TaskContext{&config_, model_, &store_, &clock_, &counters_}, 1 << 20);
      EXPECT_TRUE(run_->start());
    }
    return *run_;
  }

  Result<std::optional<OutputRecord>> process(StoredRecord record) {
    record.offset = Offset{next_offset_++};
    return run().process(test::view_of(record));
  }

  // The value of the event's score event.
  std::string scored(const std::string& user, const std::string& event) {
    const auto output = process(keyed_record(user, event));
    EXPECT_TRUE(output && *output && (*output)->topic == OutputTopic::kScores) << event;
    EXPECT_EQ((*output)->key, user);
    return *(*output)->value;
  }

  // The reason of the record's dead letter.
  std::string refused(const StoredRecord& record) {
    const auto output = process(record);
    EXPECT_TRUE(output && *output && (*output)->topic == OutputTopic::kDeadLetters);
    return test::reason_of((*output)->headers);
  }

  static std::size_t length_of(const std::string& output) {
    const std::string name = "\"sequence_length\":";
    return std::stoul(output.substr(output.find(name) + name.size()));
  }

  WorkerConfig config_ =
      test::config_of("behaviours: [{name: click, types: [click], length_max: 3, age_max: 100ms}]");
  std::shared_ptr<const ServedModel> model_;
  stateful::MemoryStateStore store_;
  test::ManualClock clock_;
  Counters counters_;
  std::optional<test::TaskRun> run_;
  std::int64_t next_offset_ = 0;
};

TEST_F(TaskTest, AClickIsScoredAfterItsInsert) {
  EXPECT_EQ(length_of(scored("u", click_json("u", "v1", 0))), 1U);
  EXPECT_EQ(length_of(scored("u", click_json("u", "v2", 1))), 2U);
}

TEST_F(TaskTest, AnImpressionIsScoredBeforeItsOwnClick) {
  EXPECT_EQ(length_of(scored("u", impression_json("u", "v1", 0, true))), 0U);
  EXPECT_EQ(length_of(scored("u", impression_json("u", "v1", 1, false))), 1U);
  EXPECT_EQ(length_of(scored("u", request_json("u", 2, {"v1"}))), 1U);
}

TEST_F(TaskTest, ARowDoesNotSeeClicksAtItsOwnMillisecond) {
  scored("u", click_json("u", "v1", 5));
  EXPECT_EQ(length_of(scored("u", impression_json("u", "v1", 5, true))), 0U);
  EXPECT_EQ(length_of(scored("u", impression_json("u", "v1", 6, false))), 1U);
}

TEST_F(TaskTest, AtMostLengthMaxClicksAreSeen) {
  for (std::size_t i = 0; i < 6; ++i) {
    const std::string click = click_json("u", "v1", static_cast<std::int64_t>(i));
    EXPECT_EQ(length_of(scored("u", click)), std::min<std::size_t>(i + 1, 3));
  }
}

TEST_F(TaskTest, ALateClickIsFlaggedAndStandsInItsPlace) {
  EXPECT_THAT(scored("u", click_json("u", "v1", 10)), Not(HasSubstr("late")));
  const std::string late = scored("u", click_json("u", "v2", 5));
  EXPECT_THAT(late, HasSubstr(",\"late\":true,"));
  EXPECT_THAT(late, Not(HasSubstr("duplicate")));
  EXPECT_EQ(length_of(late), 2U);
  EXPECT_EQ(length_of(scored("u", impression_json("u", "v1", 6, false))), 1U);
  EXPECT_EQ(counters_.late, 1U);
}

TEST_F(TaskTest, AtEqualTimesTheGreaterItemMakesAClickLate) {
  scored("u", click_json("u", "v2", 10));
  EXPECT_THAT(scored("u", click_json("u", "v1", 10)), HasSubstr("\"late\":true"));
  EXPECT_THAT(scored("u", click_json("u", "v3", 10)), Not(HasSubstr("late")));
}

TEST_F(TaskTest, ADuplicateIsFlaggedAndChangesNothing) {
  scored("u", click_json("u", "v1", 10));
  const std::string again = scored("u", click_json("u", "v1", 10));
  EXPECT_THAT(again, HasSubstr(",\"duplicate\":true,"));
  EXPECT_THAT(again, Not(HasSubstr("late")));
  EXPECT_EQ(length_of(again), 1U);
  scored("u", click_json("u", "v2", 11));
  EXPECT_THAT(scored("u", click_json("u", "v1", 10)),
              HasSubstr(",\"late\":true,\"duplicate\":true,"));
  EXPECT_EQ(counters_.duplicate, 2U);
}

TEST_F(TaskTest, AnotherItemAtTheSameTimeIsNoDuplicate) {
  scored("u", click_json("u", "v1", 10));
  EXPECT_THAT(scored("u", click_json("u", "v2", 10)), Not(HasSubstr("duplicate")));
}

TEST_F(TaskTest, ImpressionsWithLabelOneCarryTheFlagsToo) {
  scored("u", click_json("u", "v1", 10));
  EXPECT_THAT(scored("u", impression_json("u", "v1", 10, true)), HasSubstr("\"duplicate\":true"));
  EXPECT_THAT(scored("u", impression_json("u", "v2", 9, true)), HasSubstr("\"late\":true"));
  EXPECT_THAT(scored("u", impression_json("u", "v1", 8, false)), Not(HasSubstr("late")));
}

TEST_F(TaskTest, FlagsAreJudgedOnVisibleClicksOnly) {
  scored("u", click_json("u", "v1", 10));
  scored("someone", click_json("someone", "v1", 111));  // T moves: the click at 10 is invisible
  const std::string again = scored("u", click_json("u", "v1", 10));
  EXPECT_THAT(again, Not(HasSubstr("duplicate")));
  EXPECT_THAT(scored("u", click_json("u", "v1", 5)), Not(HasSubstr("late")));
}

TEST_F(TaskTest, AClickOlderThanAgeMaxIsStoredButInvisible) {
  scored("someone", click_json("someone", "v1", 200));
  EXPECT_EQ(length_of(scored("u", click_json("u", "v1", 50))), 0U);
  ASSERT_TRUE(run().commit_position(Task::Save::kEverything));
  ASSERT_TRUE(run().save_batch());
  const auto value = store_.read_user(Partition{0}, UserId("u"));
  ASSERT_TRUE(value && *value);
  EXPECT_EQ(stateful::decode_user_state(config_.limits(), **value)->sequences[0].size(), 1U);
}

TEST_F(TaskTest, ClicksLeaveWhenTheStreamTimePassesTheirAge) {
  scored("u", click_json("u", "v1", 0));
  EXPECT_EQ(length_of(scored("u", request_json("u", 100, {"v1"}))), 1U);
  EXPECT_EQ(length_of(scored("u", request_json("u", 101, {"v1"}))), 0U);
}

TEST_F(TaskTest, ATombstoneIsCountedAndPublishesNothing) {
  StoredRecord tombstone = keyed_record("u", "");
  tombstone.value.reset();
  const auto output = process(tombstone);
  ASSERT_TRUE(output);
  EXPECT_FALSE(*output);
  EXPECT_EQ(counters_.tombstones, 1U);
  EXPECT_EQ(counters_.records, 1U);
  EXPECT_EQ(run().task().read_from(), Position{1});
}

TEST_F(TaskTest, KeysAreChecked) {
  EXPECT_EQ(refused(keyed_record("v", click_json("u", "v1", 0))), "key_mismatch");
  StoredRecord without = keyed_record("u", click_json("u", "v1", 0));
  without.key.reset();
  EXPECT_EQ(refused(without), "key_missing");
  EXPECT_EQ(length_of(scored("u", click_json("u", "v2", 1))), 1U);  // neither was applied
}

TEST_F(TaskTest, AnUnknownItemOfAnImpressionIsADeadLetterButItsClickStays) {
  EXPECT_EQ(refused(keyed_record("u", impression_json("u", "nobody", 0, true))), "unknown_item");
  EXPECT_EQ(length_of(scored("u", request_json("u", 1, {"v1"}))), 1U);
  EXPECT_EQ(refused(keyed_record("u", request_json("u", 2, {"nobody", "noone"}))), "unknown_item");
  EXPECT_EQ(counters_.unknown_items, 3U);
}

TEST_F(TaskTest, AnEventWhoseOutputIsADeadLetterStillMovesTheStreamTime) {
  scored("u", click_json("u", "v1", 0));
  EXPECT_EQ(refused(keyed_record("x", impression_json("x", "nobody", 101, false))), "unknown_item");
  EXPECT_EQ(length_of(scored("u", request_json("u", 50, {"v1"}))), 0U);
}

TEST_F(TaskTest, ARefusedEventDoesNotMoveTheStreamTime) {
  scored("u", click_json("u", "v1", 0));
  EXPECT_EQ(refused(keyed_record("x", click_json("u", "v1", 101))), "key_mismatch");
  EXPECT_EQ(length_of(scored("u", request_json("u", 50, {"v1"}))), 1U);
}

TEST_F(TaskTest, KnownCandidatesAreScoredBesideUnknownOnes) {
  const std::string output = scored("u", request_json("u", 0, {"v1", "nobody", "v2"}));
  EXPECT_THAT(output, HasSubstr("\"item_id\":\"v1\""));
  EXPECT_THAT(output, HasSubstr("\"item_id\":\"v2\""));
  EXPECT_THAT(output, Not(HasSubstr("nobody")));
}

TEST_F(TaskTest, ACandidateThatIsNamedTwiceCountsOnce) {
  const auto scores_of = [](const std::string& output) {
    return output.substr(output.find("\"scores\""));
  };
  EXPECT_EQ(scores_of(scored("u", request_json("u", 0, {"v2", "v1", "v2", "v2", "v1"}))),
            scores_of(scored("u", request_json("u", 0, {"v1", "v2"}))));
}

TEST_F(TaskTest, AClickOnAnUnknownItemIsScoredOnTheCatalogueAndStays) {
  EXPECT_EQ(length_of(scored("u", click_json("u", "nobody", 0))), 1U);
  EXPECT_EQ(counters_.unknown_items, 1U);
}

TEST_F(TaskTest, ARequestWithoutCandidatesNeedsASourceOfThem) {
  config_.candidates.source = CandidateSource::kEvent;
  EXPECT_EQ(refused(keyed_record("u", request_json("u", 0, {}))), "empty_candidates");
  const std::string bare = R"({"user_id":"u","ts":1602633600000,"type":"request"})";
  EXPECT_EQ(refused(keyed_record("u", bare)), "empty_candidates");
  EXPECT_THAT(scored("u", click_json("u", "v1", 0)), HasSubstr("\"scores\":[]"));
}

TEST_F(TaskTest, ARequestWithoutAListIsScoredOnTheCatalogue) {
  EXPECT_THAT(scored("u", R"({"user_id":"u","ts":1602633600000,"type":"request"})"),
              HasSubstr("\"item_id\":\"v7\""));
}

TEST_F(TaskTest, WithoutAnyFiniteLogitTheEventIsADeadLetterButItsClickStays) {
  scorer::Model model = test::random_model(test::small_model(config_));
  model.output.bias[0] = std::numeric_limits<float>::infinity();
  model_ = test::serve(std::move(model), config_);
  EXPECT_EQ(refused(keyed_record("u", impression_json("u", "v0", 0, true))), "non_finite_score");
  EXPECT_EQ(refused(keyed_record("u", click_json("u", "v1", 1))), "non_finite_score");
  EXPECT_EQ(counters_.non_finite, 1U + 8U);
  ASSERT_TRUE(run().commit(Task::Save::kEverything));
  const auto value = store_.read_user(Partition{0}, UserId("u"));
  EXPECT_EQ(stateful::decode_user_state(config_.limits(), **value)->sequences[0].size(), 2U);
}

TEST_F(TaskTest, AnOverlongEventIsADeadLetterThatNamesSizeAndHash) {
  StoredRecord record = keyed_record("u", "{\"a\":\"" + std::string(10'000'000, 'x') + "\"}");
  const auto output = process(record);
  ASSERT_TRUE(output && *output);
  EXPECT_EQ(test::reason_of((*output)->headers), "too_large");
  EXPECT_FALSE((*output)->key);
  EXPECT_EQ((*output)->value, "");
  const std::vector<Header> cut = {
      {"freshet.value_bytes", "10000008"},
      {"freshet.value_hash", std::to_string(stateful::hash_of_value(*record.value))}};
  EXPECT_THAT((*output)->headers, ::testing::IsSupersetOf(cut));
}

TEST_F(TaskTest, ASmallDeadLetterRepeatsItsRecord) {
  const auto output = process(keyed_record("u", "{"));
  ASSERT_TRUE(output && *output);
  EXPECT_EQ((*output)->key, "u");
  EXPECT_EQ((*output)->value, "{");
}

TEST_F(TaskTest, OffsetsThatGoDownAreFatal) {
  scored("u", click_json("u", "v1", 0));
  next_offset_ = 0;
  const auto again = process(keyed_record("u", click_json("u", "v1", 0)));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kFatal);
  EXPECT_THAT(again.error().message, HasSubstr("clicks-0 at offset 0: offsets went down, 1 was"));
}

TEST_F(TaskTest, AGapIsNormal) {
  scored("u", click_json("u", "v1", 0));
  next_offset_ = 5;
  scored("u", click_json("u", "v1", 1));
  EXPECT_EQ(run().task().read_from(), Position{6});
}

TEST_F(TaskTest, ADamagedUserIsNamedAndNothingGoesOn) {
  scored("u", click_json("u", "v1", 0));
  run().close();
  stateful::CheckpointBatch batch;
  batch.owner = store_.take_ownership(Partition{0});
  batch.marker = **store_.read_marker(Partition{0});
  batch.users.push_back({UserId("u"), "damaged"});
  ASSERT_TRUE(store_.apply(batch));
  ASSERT_TRUE(run().start());
  next_offset_ = 0;
  ASSERT_TRUE(process(keyed_record("u", click_json("u", "v1", 0))));  // the last record, read again
  const auto output = process(keyed_record("u", click_json("u", "v1", 1)));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ErrorCode::kCorruptState);
  EXPECT_THAT(output.error().message, HasSubstr("partition 0, user \"u\": "));
}

}  // namespace freshet::pipeline::task_test
