#include "pipeline/kafka/kafka_assignment.h"

#include <gtest/gtest.h>

namespace freshet::pipeline {
namespace {

KafkaAssignment started(std::int64_t position) {
  KafkaAssignment assignment;
  assignment.begin({Partition{1}, Partition{3}});
  assignment.start_at(Partition{1}, Position{position});
  assignment.start_at(Partition{3}, Position{0});
  return assignment;
}

TEST(KafkaAssignmentTest, RecordsFromTheStartOnAreAccepted) {
  KafkaAssignment assignment = started(5);
  EXPECT_TRUE(assignment.accept(Partition{1}, Offset{5}));
  EXPECT_TRUE(assignment.accept(Partition{1}, Offset{6}));
  EXPECT_TRUE(assignment.accept(Partition{1}, Offset{9}));
  EXPECT_EQ(assignment.next(Partition{1}), Position{10});
}

TEST(KafkaAssignmentTest, RecordsBelowTheStartOrSeenAlreadyAreDropped) {
  KafkaAssignment assignment = started(5);
  EXPECT_FALSE(assignment.accept(Partition{1}, Offset{4}));
  EXPECT_TRUE(assignment.accept(Partition{1}, Offset{7}));
  EXPECT_FALSE(assignment.accept(Partition{1}, Offset{7}));
  EXPECT_FALSE(assignment.accept(Partition{1}, Offset{6}));
  EXPECT_EQ(assignment.next(Partition{1}), Position{8});
}

TEST(KafkaAssignmentTest, RecordsOfOtherPartitionsAreDropped) {
  KafkaAssignment assignment = started(0);
  EXPECT_FALSE(assignment.accept(Partition{0}, Offset{0}));
  EXPECT_FALSE(assignment.accept(Partition{2}, Offset{0}));
  EXPECT_FALSE(assignment.accept(Partition{100}, Offset{0}));
  EXPECT_FALSE(assignment.accept(Partition{-1}, Offset{0}));
}

TEST(KafkaAssignmentTest, RecordsOfRevokedPartitionsAreDropped) {
  KafkaAssignment assignment = started(0);
  assignment.clear();
  EXPECT_FALSE(assignment.accept(Partition{1}, Offset{0}));
  EXPECT_FALSE(assignment.contains(Partition{1}));
  EXPECT_TRUE(assignment.partitions().empty());
}

TEST(KafkaAssignmentTest, ANewAssignmentBeginsAtItsOwnPositions) {
  KafkaAssignment assignment = started(0);
  EXPECT_TRUE(assignment.accept(Partition{3}, Offset{41}));
  assignment.clear();
  assignment.begin({Partition{3}});
  assignment.start_at(Partition{3}, Position{40});
  EXPECT_FALSE(assignment.accept(Partition{3}, Offset{39}));
  EXPECT_TRUE(assignment.accept(Partition{3}, Offset{40}));
  EXPECT_FALSE(assignment.accept(Partition{1}, Offset{40}));
}

TEST(KafkaAssignmentTest, APartitionThatWaitsForItsStartGivesNothing) {
  KafkaAssignment assignment;
  assignment.begin({Partition{0}, Partition{1}});
  EXPECT_TRUE(assignment.started().empty());
  assignment.start_at(Partition{0}, Position{2});
  EXPECT_EQ(assignment.started(), std::vector<Partition>{Partition{0}});
  EXPECT_EQ(assignment.next(Partition{1}), std::nullopt);
  EXPECT_FALSE(assignment.accept(Partition{1}, Offset{0}));
  EXPECT_TRUE(assignment.accept(Partition{0}, Offset{2}));
  assignment.start_at(Partition{1}, Position{0});
  EXPECT_EQ(assignment.started().size(), 2U);
  EXPECT_TRUE(assignment.accept(Partition{1}, Offset{0}));
  EXPECT_EQ(assignment.next(Partition{0}), Position{3});
}

TEST(KafkaAssignmentTest, TheLastStartCounts) {
  KafkaAssignment assignment = started(5);
  assignment.start_at(Partition{1}, Position{7});
  EXPECT_EQ(assignment.next(Partition{1}), Position{7});
}

TEST(KafkaAssignmentDeathTest, StartingAPartitionThatIsNotAssignedIsAProgrammersError) {
  KafkaAssignment assignment = started(0);
  EXPECT_DEATH(assignment.start_at(Partition{2}, Position{0}), "check failed");
}

TEST(KafkaAssignmentDeathTest, StartingAPartitionThatHasBeenReadIsAProgrammersError) {
  KafkaAssignment assignment = started(0);
  EXPECT_TRUE(assignment.accept(Partition{1}, Offset{0}));
  EXPECT_DEATH(assignment.start_at(Partition{1}, Position{0}), "check failed");
}

}  // namespace
}  // namespace freshet::pipeline
