// The contract of pipeline/restore/changelog_reader.h. A harness brings the broker;
// INSTANTIATE_TYPED_TEST_SUITE_P runs the suite on it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/contract/pipeline/changelog_fixture.h"

namespace freshet::test {

template <class Harness>
using Changelog = ChangelogContract<Harness>;

TYPED_TEST_SUITE_P(Changelog);

TYPED_TEST_P(Changelog, ItIsEmptyAtFirst) {
  const auto reader = this->reader();
  const PositionRange range = this->range(reader.get(), 2);
  EXPECT_EQ(range.begin, Position{0});
  EXPECT_EQ(range.end, Position{0});
  EXPECT_TRUE(this->read(reader.get(), 2, 0, 0).empty());
}

TYPED_TEST_P(Changelog, WhatACommitWroteIsReadInItsOrder) {
  const auto worker = this->sole_worker(this->exactly_once());
  const std::vector<pipeline::PartitionCommit> partitions = {
      {Partition{1},
       {Position{5}, "m"},
       {{"u1", std::string_view("s\0\xff", 3)}, {"u2", std::nullopt}, {"u3", ""}, {"", "m1"}}}};
  ASSERT_TRUE(this->commit(worker.get(), partitions));
  const auto reader = this->reader();
  ASSERT_TRUE(this->ends_at(reader.get(), 1, 5));
  const std::vector<StoredRecord> read = this->read(reader.get(), 1, 0, 5);
  ASSERT_EQ(read.size(), 4U);
  EXPECT_EQ(read[0].key, "u1");
  EXPECT_EQ(read[0].value, std::string("s\0\xff", 3));
  EXPECT_EQ(read[1].value, std::nullopt);  // a tombstone
  EXPECT_EQ(read[2].value, "");            // is none
  EXPECT_EQ(read[3].key, "");              // the marker's key: empty, but there
  EXPECT_EQ(read[3].value, "m1");
  EXPECT_EQ(read[3].offset, Offset{3});
}

TYPED_TEST_P(Changelog, ThePositionReachesTheEndBehindControlRecords) {
  this->write_committed(0, "u", {"1"});  // 0, control 1
  this->write_aborted(0);                // 2, control 3
  this->write_committed(0, "u", {"2"});  // 4, control 5
  this->write_aborted(0);                // 6, control 7
  const auto reader = this->reader();
  ASSERT_TRUE(this->ends_at(reader.get(), 0, 8));
  EXPECT_EQ(this->shown(this->read(reader.get(), 0, 0, 8)),
            (std::vector<std::string>{"0 u=1", "4 u=2"}));
  EXPECT_TRUE(this->read(reader.get(), 0, 5, 8).empty());
  EXPECT_EQ(this->shown(this->read(reader.get(), 0, 2, 8)), std::vector<std::string>{"4 u=2"});
}

TYPED_TEST_P(Changelog, AnOpenTransactionHoldsReadersBack) {
  this->write_committed(0, "u", {"before"});  // 0, control 1
  const auto open = this->harness_.open_writer();
  open->begin();
  this->write(open.get(), 0, "u", {"open"});  // 2
  this->write_committed(0, "u", {"behind"});  // 3, control 4
  const auto reader = this->reader();
  ASSERT_TRUE(this->ends_at(reader.get(), 0, 2));
  EXPECT_EQ(this->shown(this->read(reader.get(), 0, 0, 2)), std::vector<std::string>{"0 u=before"});
  open->commit();  // control 5
  ASSERT_TRUE(this->ends_at(reader.get(), 0, 6));
  EXPECT_EQ(this->shown(this->read(reader.get(), 0, 2, 6)),
            (std::vector<std::string>{"2 u=open", "3 u=behind"}));
}

TYPED_TEST_P(Changelog, WhatIsAbortedBehindAnOpenTransactionIsNeverShown) {
  const auto open = this->harness_.open_writer();
  open->begin();
  this->write(open.get(), 0, "u", {"open"});  // 0
  this->write_aborted(0);                     // 1, control 2
  const auto reader = this->reader();
  ASSERT_TRUE(this->ends_at(reader.get(), 0, 0));
  open->abort();                             // control 3
  this->write_committed(0, "u", {"shown"});  // 4, control 5
  ASSERT_TRUE(this->ends_at(reader.get(), 0, 6));
  EXPECT_EQ(this->shown(this->read(reader.get(), 0, 0, 6)), std::vector<std::string>{"4 u=shown"});
}

TYPED_TEST_P(Changelog, SeveralPartitionsAreReadAtOnceAndStopSingly) {
  for (std::int32_t partition = 0; partition < 3; ++partition) {
    this->write_committed(partition, "u", {"1", "2"});
  }
  const auto reader = this->reader();
  for (std::int32_t partition = 0; partition < 3; ++partition) {
    ASSERT_TRUE(this->ends_at(reader.get(), partition, 3));
    ASSERT_TRUE(reader->start_at(Partition{partition}, Position{0}));
  }
  reader->stop(Partition{1});
  std::vector<StoredRecord> read;
  ASSERT_TRUE(eventually([&] {
    EXPECT_TRUE(persist([&] { return this->poll(reader.get(), &read); }));
    return reader->position(Partition{0}) == Position{3} &&
           reader->position(Partition{2}) == Position{3};
  }));
  EXPECT_EQ(read.size(), 4U);
  for (const StoredRecord& record : read) EXPECT_NE(record.partition, Partition{1});
}

TYPED_TEST_P(Changelog, StartedAgainAPartitionIsReadFromThereInstead) {
  this->write_committed(0, "u", {"1", "2", "3"});
  const auto reader = this->reader();
  ASSERT_TRUE(this->ends_at(reader.get(), 0, 4));
  ASSERT_TRUE(reader->start_at(Partition{0}, Position{0}));
  std::vector<StoredRecord> read;
  ASSERT_TRUE(eventually([&] {
    EXPECT_TRUE(persist([&] { return this->poll(reader.get(), &read); }));
    return read.size() == 3;
  }));
  EXPECT_EQ(this->shown(this->read(reader.get(), 0, 1, 4)),
            (std::vector<std::string>{"1 u=2", "2 u=3"}));
}

TYPED_TEST_P(Changelog, ABatchHoldsAtMostWhatWasAskedForAndThePositionWaitsForTheRest) {
  this->write_committed(0, "u", {"1", "2", "3", "4", "5"});
  const auto reader = this->reader();
  ASSERT_TRUE(this->ends_at(reader.get(), 0, 6));
  ASSERT_TRUE(reader->start_at(Partition{0}, Position{0}));
  std::int64_t next = 0;
  ASSERT_TRUE(eventually([&] {
    const auto batch = reader->poll(std::chrono::milliseconds(20), 2);
    EXPECT_TRUE(batch);
    EXPECT_LE(batch->records.size(), 2U);
    for (const pipeline::InputRecord& record : batch->records) {
      EXPECT_EQ(record.offset.value, next++);
    }
    const Position position = reader->position(Partition{0});
    if (next < 5) {
      EXPECT_EQ(position, Position{next});
    }
    return position == Position{6};
  }));
  EXPECT_EQ(next, 5);
}

TYPED_TEST_P(Changelog, CompactionKeepsEachKeysLastRecordAtItsOffset) {
  this->write_committed(0, "a", {"1", "2"});  // 0, 1, control 2
  this->write_committed(0, "b", {"3"});       // 3, control 4
  this->write_aborted(0);                     // 5, control 6
  this->write_committed(0, "a", {"4"});       // 7, control 8
  this->write_committed(0, "", {"m1"});       // 9, control 10
  this->write_committed(0, "", {"m2"});       // 11, control 12
  const auto reader = this->reader();
  ASSERT_TRUE(this->ends_at(reader.get(), 0, 13));
  this->harness_.compact(Partition{0});
  const Position end = this->range(reader.get(), 0).end;
  ASSERT_GE(end, Position{13});  // a broker may need a record more to close its segment
  const std::vector<std::string> read = this->shown(this->read(reader.get(), 0, 0, end.value));
  ASSERT_GE(read.size(), 3U);
  EXPECT_EQ(std::vector<std::string>(read.begin(), read.begin() + 3),
            (std::vector<std::string>{"3 b=3", "7 a=4", "11 =m2"}));
  // A position whose record is gone is as good as the next one that is there.
  EXPECT_EQ(this->shown(this->read(reader.get(), 0, 1, end.value)), read);
}

TYPED_TEST_P(Changelog, APositionThatTheLogDoesNotHoldIsCorruptState) {
  this->write_committed(0, "u", {"1", "2", "3"});
  const auto reader = this->reader();
  ASSERT_TRUE(this->ends_at(reader.get(), 0, 4));
  this->harness_.trim(this->harness_.changelog_topic(), Partition{0}, Position{2});
  ASSERT_TRUE(eventually([&] { return this->range(reader.get(), 0).begin == Position{2}; }));
  for (const std::int64_t outside : {1, 1'000}) {
    ASSERT_TRUE(reader->start_at(Partition{0}, Position{outside}));
    std::vector<StoredRecord> read;
    Status polled;
    EXPECT_TRUE(eventually([&] {
      polled = persist([&] { return this->poll(reader.get(), &read); });
      return !polled;
    }));
    ASSERT_FALSE(polled);
    EXPECT_EQ(this->code_of(polled), ErrorCode::kCorruptState);
    EXPECT_NE(polled.error().message.find("partition 0"), std::string::npos);
    EXPECT_TRUE(read.empty());
    reader->stop(Partition{0});
  }
  EXPECT_EQ(this->shown(this->read(reader.get(), 0, 2, 4)), std::vector<std::string>{"2 u=3"});
}

TYPED_TEST_P(Changelog, AMissingTopicIsNamed) {
  pipeline::WorkerConfig config = this->harness_.config();
  config.application_id += "-elsewhere";
  const auto reader = this->harness_.open_reader(config);
  const auto range = reader->range(Partition{0});
  ASSERT_FALSE(range);
  EXPECT_EQ(range.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(range.error().message.find(config.application_id), std::string::npos);
}

REGISTER_TYPED_TEST_SUITE_P(Changelog, ItIsEmptyAtFirst, WhatACommitWroteIsReadInItsOrder,
                            ThePositionReachesTheEndBehindControlRecords,
                            AnOpenTransactionHoldsReadersBack,
                            WhatIsAbortedBehindAnOpenTransactionIsNeverShown,
                            SeveralPartitionsAreReadAtOnceAndStopSingly,
                            StartedAgainAPartitionIsReadFromThereInstead,
                            ABatchHoldsAtMostWhatWasAskedForAndThePositionWaitsForTheRest,
                            CompactionKeepsEachKeysLastRecordAtItsOffset,
                            APositionThatTheLogDoesNotHoldIsCorruptState, AMissingTopicIsNamed);

}  // namespace freshet::test
