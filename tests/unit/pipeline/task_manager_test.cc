#include "pipeline/task/task_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/position_metadata.h"
#include "stateful/memory_state_store.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline::task_manager_test {

using testing::HasSubstr;

constexpr Partition kPartition{0};

// A group of one partition whose committed position the test sets.
class GroupStub final : public Transport {
 public:
  std::optional<CommittedPosition> position;

  Result<std::vector<std::optional<CommittedPosition>>> committed(
      std::span<const Partition>) override {
    return std::vector{position};
  }
  Result<std::int32_t> partition_count() override { return 1; }
  Result<PositionRange> range(Partition) override {
    return PositionRange{Position{0}, Position{7}};
  }
  Result<std::optional<Position>> position_for_time(Partition, EventTime) override {
    return std::nullopt;
  }
  Status start_at(Partition, Position) override { return {}; }

  Status subscribe(RebalanceListener*) override { return {}; }
  Result<RecordBatch> poll(std::chrono::milliseconds, std::size_t) override {
    return RecordBatch{};
  }
  std::optional<Position> known_end(Partition) const override { return std::nullopt; }
  Status ask_brokers(std::chrono::milliseconds) override { return {}; }
  Status send(const OutputRecord&) override { return {}; }
  Status flush(std::chrono::milliseconds) override { return {}; }
  Result<ChangelogPositions> commit(std::span<const PartitionCommit>) override {
    return ChangelogPositions{};
  }
  Status close() override { return {}; }
};

// Refuses every restore.
class RefusingRestores final : public RestoreRunner {
 public:
  void start(RestoreRequest request) override { partition_ = request.partition; }
  void cancel(Partition) override {}
  std::vector<RestoreOutcome> take_ended() override {
    return {{partition_, error(ErrorCode::kInvalidConfig, "the positions were reset by hand")}};
  }
  std::vector<RestoreProgress> progress() const override { return {}; }
  RestoreTrouble trouble() const override { return {}; }

 private:
  Partition partition_;
};

CommittedPosition at_marker(std::uint64_t number) {
  PositionMetadata metadata;
  metadata.marker.number = number;
  return {Position{7}, encode_position_metadata(metadata)};
}

class TaskManagerTest : public testing::Test {
 protected:
  TaskManagerTest() {
    group_.position = at_marker(4);
    EXPECT_TRUE(tasks_.assign({&kPartition, 1}, &group_));
  }

  WorkerConfig config_ = test::config_of("{}");
  stateful::MemoryStateStore store_;
  test::ManualClock clock_;
  Counters counters_;
  RefusingRestores restores_;
  StatusBoard board_;
  TaskContext context_{
      &config_,      test::serve(test::random_model(test::small_model(config_)), config_),
      &store_,       &clock_,
      &counters_,    nullptr,
      &restores_,    nullptr,
      random_lineage};
  GroupStub group_;
  TaskManager tasks_{context_, 1 << 20, &board_};
};

TEST_F(TaskManagerTest, ARefusedStartIsTheOperators) {
  const Status started = tasks_.start_restored(&group_);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(started.error().message, HasSubstr("reset by hand"));
}

TEST_F(TaskManagerTest, AStartThatIsRefusedOnOldPositionsIsFenced) {
  group_.position = at_marker(5);  // somebody else went on meanwhile
  const Status started = tasks_.start_restored(&group_);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kFenced);
  EXPECT_THAT(started.error().message, HasSubstr("partition 0: its positions were committed"));
}

}  // namespace freshet::pipeline::task_manager_test
