// The whole table of starts, and each refusal's words.
#include "pipeline/task/task_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/position_metadata.h"

namespace freshet::pipeline::task_start_test {

using ::testing::HasSubstr;

stateful::LineageId lineage(std::uint8_t first) {
  stateful::LineageId id;
  id.bytes[0] = first;
  return id;
}

CommittedPosition committed(std::int64_t position, std::uint64_t number) {
  return {Position{position}, encode_position_metadata({{lineage(1), number}, std::nullopt})};
}

stateful::StoredMarker stored(std::int64_t applied_from, std::int64_t position,
                              std::uint64_t number) {
  stateful::StoredMarker stored;
  stored.marker.lineage = lineage(1);
  stored.marker.number = number;
  stored.marker.position = Position{position};
  stored.marker.applied_from = Position{applied_from};
  stored.marker.fingerprint = "a=1\n";
  return stored;
}

// A group's position with all that its metadata may tell, the last record among it.
CommittedPosition committed_behind(Offset last, std::uint64_t number) {
  CommittedState state;
  state.last_record = stateful::LastRecord{last, EventTime{7}, 77};
  return {position_after(last), encode_position_metadata({{lineage(1), number}, state})};
}

// Partition 3 of a topic that holds [5, 40), with the configuration that the marker was made with.
TaskStartInput input(std::optional<CommittedPosition> group,
                     std::optional<stateful::StoredMarker> store) {
  return {Partition{3},        std::move(group), std::move(store), {Position{5}, Position{40}},
          {Position{8}, true}, "a=1\n",          lineage(9)};
}

std::string refusal(const TaskStartInput& start) {
  const Result<TaskStart> planned = plan_task_start(start);
  if (planned) return "accepted";
  EXPECT_EQ(planned.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(planned.error().message, HasSubstr("partition 3: "));
  return planned.error().message;
}

TEST(TaskStartTest, WithoutPositionsAndStateTheInputIsReadFromItsBegin) {
  const Result<TaskStart> start = plan_task_start(input(std::nullopt, std::nullopt));
  ASSERT_TRUE(start);
  EXPECT_TRUE(start->first_start);
  EXPECT_EQ(start->read_from, Position{5});
  EXPECT_EQ(start->publish_from, Position{5});
  EXPECT_EQ(start->lineage, lineage(9));
  EXPECT_EQ(start->next_marker, 0U);
}

TEST(TaskStartTest, WithoutStateTheInputIsAppliedAsFarBackAsItMatters) {
  const Result<TaskStart> start = plan_task_start(input(committed(20, 7), std::nullopt));
  ASSERT_TRUE(start);
  EXPECT_FALSE(start->first_start);
  EXPECT_EQ(start->read_from, Position{8});
  EXPECT_EQ(start->publish_from, Position{20});
  EXPECT_EQ(start->lineage, lineage(1));
  EXPECT_EQ(start->next_marker, 8U);
}

TEST(TaskStartTest, WithStateTheInputIsReadAgainFromAppliedFrom) {
  // The store has the group's last marker, or lags behind it after a crash.
  for (const auto& [position, number] : {std::pair{20, 7U}, std::pair{15, 6U}}) {
    const Result<TaskStart> start =
        plan_task_start(input(committed(20, 7), stored(11, position, number)));
    ASSERT_TRUE(start) << start.error().message;
    EXPECT_FALSE(start->first_start);
    EXPECT_EQ(start->read_from, Position{11});
    EXPECT_EQ(start->publish_from, Position{20});
    EXPECT_EQ(start->lineage, lineage(1));
    EXPECT_EQ(start->next_marker, 8U);
  }
}

TEST(TaskStartTest, StateWithoutPositionsIsRefused) {
  EXPECT_THAT(refusal(input(std::nullopt, stored(11, 20, 7))),
              HasSubstr("or reset by hand; use the application_id the state was "
                        "made with, or move the directory away"));
}

TEST(TaskStartTest, PositionsOfAnotherProgramAreRefused) {
  for (const auto& state :
       {std::optional<stateful::StoredMarker>{}, std::optional(stored(5, 5, 0))}) {
    EXPECT_THAT(refusal(input(CommittedPosition{Position{20}, ""}, state)),
                HasSubstr("is not Freshet's"));
  }
}

TEST(TaskStartTest, StateOfAnotherHistoryIsRefused) {
  TaskStartInput foreign = input(committed(20, 7), stored(11, 20, 7));
  foreign.stored->marker.lineage = lineage(2);
  EXPECT_THAT(refusal(foreign), HasSubstr("another history of this partition (lineage 02"));
}

TEST(TaskStartTest, StateAheadOfTheGroupIsRefused) {
  const std::string words = "the state is ahead of the group's position";
  EXPECT_THAT(refusal(input(committed(20, 7), stored(11, 30, 8))), HasSubstr(words));
  EXPECT_THAT(refusal(input(committed(20, 7), stored(11, 20, 8))), HasSubstr(words));
  EXPECT_THAT(refusal(input(committed(20, 7), stored(11, 21, 6))),
              HasSubstr("(state 21, group 20); the positions were reset by hand"));
}

TEST(TaskStartTest, APositionThatIsNotItsMarkersIsRefused) {
  EXPECT_THAT(refusal(input(committed(30, 7), stored(11, 20, 7))),
              HasSubstr("position 30 is not that of its own marker, 20"));
  EXPECT_THAT(refusal(input(committed(19, 7), stored(11, 20, 7))),
              HasSubstr("position 19 is not that of its own marker, 20"));
}

TEST(TaskStartTest, RetentionPastWhatMustBeReadAgainIsRefused) {
  EXPECT_THAT(refusal(input(committed(20, 7), stored(4, 20, 7))),
              HasSubstr("(from 4, the topic begins at 5)"));
  EXPECT_EQ(refusal(input(committed(20, 7), stored(5, 20, 7))), "accepted");
}

TEST(TaskStartTest, RetentionPastTheGroupsPositionIsRefused) {
  EXPECT_THAT(refusal(input(committed(4, 7), std::nullopt)),
              HasSubstr("retention has passed the group's position (4, the topic begins at 5)"));
  EXPECT_EQ(refusal(input(committed(5, 7), std::nullopt)), "accepted");
}

TEST(TaskStartTest, RetentionThatDoesNotCoverALostStateIsRefused) {
  TaskStartInput uncovered = input(committed(20, 7), std::nullopt);
  uncovered.reach.covered = false;
  EXPECT_THAT(refusal(uncovered), HasSubstr("retention does not cover it: the topic begins at "
                                            "offset 5, and clicks before that may still be "
                                            "visible; bring the state directory"));
  uncovered.stored = stored(11, 20, 7);
  EXPECT_EQ(refusal(uncovered), "accepted");
}

TEST(TaskStartTest, ATopicThatEndsBeforeTheGroupsPositionIsRefused) {
  for (const auto& store :
       {std::optional<stateful::StoredMarker>{}, std::optional(stored(40, 41, 7))}) {
    EXPECT_THAT(refusal(input(committed(41, 7), store)),
                HasSubstr("the input ends at position 40, before the group's, 41: the topic was "
                          "deleted and made again"));
    EXPECT_THAT(refusal(input(committed(41, 7), store)),
                HasSubstr("choose another application_id"));
  }
  EXPECT_EQ(refusal(input(committed(40, 7), stored(40, 40, 7))), "accepted");
}

TEST(TaskStartTest, TheLastRecordIsTheGroupsWhereItsMetadataTell) {
  auto older = stored(11, 12, 6);
  older.marker.last_record = stateful::LastRecord{Offset{11}, std::nullopt, 66};
  const auto told = plan_task_start(input(committed_behind(Offset{19}, 7), older));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->last_record->offset, Offset{19});
  EXPECT_TRUE(told->last_record_is_retained);
  EXPECT_EQ(told->read_from, Position{11});
  const auto not_told = plan_task_start(input(committed(20, 7), older));
  ASSERT_TRUE(not_told);
  EXPECT_EQ(not_told->last_record->offset, Offset{11});
}

TEST(TaskStartTest, ALastRecordThatRetentionHasPassedIsNotAwaited) {
  const auto start = plan_task_start(input(committed_behind(Offset{4}, 7), stored(5, 5, 7)));
  ASSERT_TRUE(start);
  EXPECT_EQ(start->last_record->offset, Offset{4});
  EXPECT_FALSE(start->last_record_is_retained);
}

TEST(TaskStartTest, AConfigurationThatDoesNotFitTheStateIsRefused) {
  TaskStartInput other = input(committed(20, 7), stored(11, 20, 7));
  other.fingerprint = "a=2\n";
  EXPECT_THAT(refusal(other), HasSubstr("the state was made with a = 1, the configuration says 2"));
}

}  // namespace freshet::pipeline::task_start_test
