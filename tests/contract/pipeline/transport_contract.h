// The contract of pipeline/transport.h as tests, for every transport that has a group. A harness
// (transport_harness.h) brings the broker; INSTANTIATE_TYPED_TEST_SUITE_P runs the suite on it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/partitioner.h"
#include "tests/support/transport_harness.h"

namespace freshet::test {

template <class Harness>
class TransportContract : public testing::Test {
 protected:
  static constexpr std::chrono::milliseconds kFlushTimeout{10'000};

  std::unique_ptr<ContractMember> member() { return member(harness_.config()); }
  std::unique_ptr<ContractMember> member(const pipeline::WorkerConfig& config) {
    return std::make_unique<ContractMember>(harness_.open(config));
  }

  // A member that has all partitions.
  std::unique_ptr<ContractMember> sole_member() {
    auto only = member();
    const Status joined = only->join();
    EXPECT_TRUE(joined) << joined.error().message;
    EXPECT_TRUE(poll_until({only.get()}, [&] { return has_all(*only); }));
    return only;
  }

  static bool has_all(const ContractMember& member) {
    return member.listener.assigned.size() == std::size_t{kContractPartitions};
  }

  static bool share_all(const ContractMember& a, const ContractMember& b) {
    return !a.listener.assigned.empty() && !b.listener.assigned.empty() &&
           a.listener.assigned.size() + b.listener.assigned.size() ==
               std::size_t{kContractPartitions};
  }

  Offset append(std::int32_t partition, const std::string& value) {
    StoredRecord record;
    record.key = "k";
    record.value = value;
    return harness_.append(Partition{partition}, record);
  }

  static std::vector<pipeline::PositionToCommit> at(std::int32_t partition, std::int64_t position,
                                                    const std::string& metadata = "m") {
    return {{Partition{partition}, {Position{position}, metadata}}};
  }

  static ErrorCode code_of(const Status& status) { return status.error().code; }

  Harness harness_;
};

TYPED_TEST_SUITE_P(TransportContract);

TYPED_TEST_P(TransportContract, TheOnlyMemberIsAssignedEveryPartition) {
  const auto only = this->sole_member();
  const std::set<Partition> all = {{0}, {1}, {2}, {3}};
  EXPECT_EQ(only->listener.assigned, all);
  EXPECT_EQ(only->transport->partition_count().value(), kContractPartitions);
}

TYPED_TEST_P(TransportContract, ReadingBeginsAtTheChosenPosition) {
  for (int i = 0; i < 5; ++i) this->append(1, "v" + std::to_string(i));
  const auto only = this->member();
  only->listener.starts[Partition{1}] = Position{3};
  ASSERT_TRUE(only->join());
  ASSERT_TRUE(poll_until({only.get()}, [&] { return only->read.size() >= 2; }));
  EXPECT_EQ(only->read[0].offset, Offset{3});
  EXPECT_EQ(only->read[0].value, "v3");
  EXPECT_EQ(only->read[1].offset, Offset{4});
}

TYPED_TEST_P(TransportContract, OffsetsAscendInEachPartitionAndNoneIsMissing) {
  constexpr int kRecords = 200;
  for (int i = 0; i < kRecords; ++i) this->append(i % kContractPartitions, std::to_string(i));
  const auto only = this->sole_member();
  ASSERT_TRUE(poll_until({only.get()}, [&] { return only->read.size() >= kRecords; }));
  ASSERT_EQ(only->read.size(), std::size_t{kRecords});
  std::map<Partition, std::int64_t> next;
  for (const StoredRecord& record : only->read) {
    EXPECT_EQ(record.offset.value, next[record.partition]++);
  }
}

TYPED_TEST_P(TransportContract, ABatchHoldsAtMostWhatWasAskedFor) {
  for (int i = 0; i < 30; ++i) this->append(0, "v");
  const auto only = this->sole_member();
  std::size_t read = only->read.size();
  while (read < 30) {
    const auto batch = only->transport->poll(std::chrono::milliseconds(100), 7);
    ASSERT_TRUE(batch);
    ASSERT_LE(batch->records.size(), 7U);
    read += batch->records.size();
  }
}

TYPED_TEST_P(TransportContract, KeysValuesAndTimesArriveAsAppended) {
  StoredRecord full;
  full.key = std::string("k\0\xff", 3);
  full.value = std::string("v\0\x80", 3);
  full.timestamp = EventTime{1'602'633'600'123};
  StoredRecord empty;
  empty.key = "";
  empty.value = "";
  empty.timestamp = EventTime{1'602'633'600'124};
  StoredRecord null;
  null.timestamp = EventTime{1'602'633'600'125};
  for (const StoredRecord& record : {full, empty, null}) {
    this->harness_.append(Partition{2}, record);
  }
  const auto only = this->sole_member();
  ASSERT_TRUE(poll_until({only.get()}, [&] { return only->read.size() >= 3; }));
  const std::vector<StoredRecord> expected = {full, empty, null};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(only->read[i].key, expected[i].key);
    EXPECT_EQ(only->read[i].value, expected[i].value);
    EXPECT_EQ(only->read[i].timestamp, expected[i].timestamp);
  }
}

TYPED_TEST_P(TransportContract, ABatchOutlivesItsTransport) {
  this->append(0, "still here");
  auto only = this->member();
  ASSERT_TRUE(only->join());
  pipeline::RecordBatch batch;
  while (batch.records.empty()) {
    auto polled = only->transport->poll(std::chrono::milliseconds(100), 10);
    ASSERT_TRUE(polled);
    batch = std::move(*polled);
  }
  ASSERT_TRUE(only->transport->close());
  only.reset();
  EXPECT_EQ(batch.records[0].value, "still here");
}

TYPED_TEST_P(TransportContract, AnEmptyPollReturnsAfterItsTimeout) {
  const auto only = this->sole_member();
  const auto before = std::chrono::steady_clock::now();
  const auto batch = only->transport->poll(std::chrono::milliseconds(60), 10);
  const auto waited = std::chrono::steady_clock::now() - before;
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->records.empty());
  EXPECT_FALSE(batch->end_of_input);
  EXPECT_GE(waited, std::chrono::milliseconds(50));
  EXPECT_LT(waited, std::chrono::seconds(10));
}

TYPED_TEST_P(TransportContract, BeginAndEndPositionsFrameTheLog) {
  for (int i = 0; i < 3; ++i) this->append(3, "v");
  const auto only = this->sole_member();
  EXPECT_EQ(only->transport->begin_position(Partition{3}).value(), Position{0});
  EXPECT_EQ(only->transport->end_position(Partition{3}).value(), Position{3});
  EXPECT_EQ(only->transport->end_position(Partition{0}).value(), Position{0});
}

TYPED_TEST_P(TransportContract, APositionOutsideTheLogStopsByName) {
  this->append(0, "v");
  const auto only = this->member();
  only->listener.starts[Partition{0}] = Position{1'000};
  ASSERT_TRUE(only->join());
  Status polled;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (polled && std::chrono::steady_clock::now() < deadline) polled = only->poll();
  ASSERT_FALSE(polled);
  EXPECT_EQ(this->code_of(polled), ErrorCode::kFatal);
  EXPECT_NE(polled.error().message.find("partition 0"), std::string::npos);
}

TYPED_TEST_P(TransportContract, NothingIsCommittedAtFirst) {
  const auto only = this->sole_member();
  const std::vector<Partition> asked = {{2}, {0}};
  const auto committed = only->transport->committed(asked);
  ASSERT_TRUE(committed);
  ASSERT_EQ(committed->size(), 2U);
  EXPECT_FALSE((*committed)[0].has_value());
  EXPECT_FALSE((*committed)[1].has_value());
}

TYPED_TEST_P(TransportContract, CommittedPositionsAndTextsSurviveReopening) {
  auto first = this->sole_member();
  ASSERT_TRUE(first->transport->commit(this->at(1, 17, "freshet/1 abc 4")));
  ASSERT_TRUE(first->transport->commit(this->at(3, 0, "")));
  ASSERT_TRUE(first->transport->commit(this->at(1, 18, "freshet/1 abc 5")));
  ASSERT_TRUE(first->transport->close());
  first.reset();

  const auto second = this->sole_member();
  const std::vector<Partition> asked = {{3}, {0}, {1}};
  const auto committed = second->transport->committed(asked);
  ASSERT_TRUE(committed);
  const std::vector<std::optional<pipeline::CommittedPosition>> expected = {
      pipeline::CommittedPosition{Position{0}, ""}, std::nullopt,
      pipeline::CommittedPosition{Position{18}, "freshet/1 abc 5"}};
  EXPECT_EQ(*committed, expected);
}

TYPED_TEST_P(TransportContract, ACommitOfNothingIsFine) {
  const auto only = this->sole_member();
  EXPECT_TRUE(only->transport->commit({}));
}

TYPED_TEST_P(TransportContract, CommittedIsReadableWithinOnAssigned) {
  auto first = this->sole_member();
  ASSERT_TRUE(first->transport->commit(this->at(0, 5)));
  ASSERT_TRUE(first->transport->close());

  // A listener as the worker's: it asks for the positions and starts there.
  struct Resuming final : pipeline::RebalanceListener {
    explicit Resuming(pipeline::Transport* t) : transport(t) {}
    Status on_assigned(std::span<const Partition> partitions) override {
      const auto committed = transport->committed(partitions);
      if (!committed) return tl::unexpected<Error>(committed.error());
      for (std::size_t i = 0; i < partitions.size(); ++i) {
        const auto& position = (*committed)[i];
        starts[partitions[i]] = position ? position->position : Position{0};
        if (Status s = transport->start_at(partitions[i], starts[partitions[i]]); !s) return s;
      }
      return {};
    }
    Status on_revoked(std::span<const Partition>) override { return {}; }
    Status on_lost(std::span<const Partition>) override { return {}; }
    pipeline::Transport* transport;
    std::map<Partition, Position> starts;
  };
  for (int i = 0; i < 7; ++i) this->append(0, std::to_string(i));
  const auto second = this->harness_.open(this->harness_.config());
  Resuming listener(second.get());
  ASSERT_TRUE(second->subscribe(&listener));
  std::vector<std::string> read;
  while (read.size() < 2) {
    const auto batch = second->poll(std::chrono::milliseconds(100), 10);
    ASSERT_TRUE(batch);
    for (const auto& record : batch->records) read.emplace_back(*record.value);
  }
  EXPECT_EQ(read, (std::vector<std::string>{"5", "6"}));
  EXPECT_TRUE(second->close());
}

TYPED_TEST_P(TransportContract, AnErrorOfOnAssignedIsReturnedAndTheAssignmentOfferedAgain) {
  this->append(0, "v");
  const auto only = this->member();
  only->listener.assign_errors = 2;
  ASSERT_TRUE(only->join());
  int errors = 0;
  while (!this->has_all(*only)) {
    const Status polled = only->poll();
    if (polled) continue;
    EXPECT_EQ(this->code_of(polled), ErrorCode::kUnavailable);
    ++errors;
  }
  EXPECT_EQ(errors, 2);
  EXPECT_TRUE(poll_until({only.get()}, [&] { return only->read.size() == 1; }));
}

TYPED_TEST_P(TransportContract, TwoMembersShareThePartitions) {
  const auto first = this->sole_member();
  const auto second = this->member();
  ASSERT_TRUE(second->join());
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  EXPECT_EQ(first->listener.events, (std::vector<std::string>{"assigned", "revoked", "assigned"}));
  for (const Partition partition : first->listener.assigned) {
    EXPECT_FALSE(second->listener.assigned.contains(partition));
  }
}

TYPED_TEST_P(TransportContract, ARevokedMemberMayCommitWithinTheCallAndIsFencedAfterIt) {
  const auto first = this->sole_member();
  Status inside = error(ErrorCode::kFatal, "not called");
  first->listener.before_revoked = [&](std::span<const Partition>) {
    inside = first->transport->commit(this->at(2, 9));
    return Status{};
  };
  const auto second = this->member();
  ASSERT_TRUE(second->join());
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  ASSERT_TRUE(inside) << inside.error().message;

  const Partition moved = *second->listener.assigned.begin();
  const Status outside = first->transport->commit(this->at(moved.value, 99));
  ASSERT_FALSE(outside);
  EXPECT_EQ(this->code_of(outside), ErrorCode::kFenced);
  const std::vector<Partition> asked = {{2}, moved};
  const auto committed = second->transport->committed(asked);
  ASSERT_TRUE(committed);
  ASSERT_TRUE((*committed)[0].has_value());
  EXPECT_EQ((*committed)[0]->position, Position{9});
  EXPECT_NE((*committed)[1].value_or(pipeline::CommittedPosition{}).position, Position{99});
}

TYPED_TEST_P(TransportContract, AnErrorOfOnRevokedIsReturnedAndTheGroupGoesOn) {
  const auto first = this->sole_member();
  first->listener.before_revoked = [&](std::span<const Partition>) {
    return Status(error(ErrorCode::kCorruptState, "on purpose"));
  };
  const auto second = this->member();
  ASSERT_TRUE(second->join());
  int errors = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!this->share_all(*first, *second)) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    if (const Status polled = first->poll(); !polled) {
      EXPECT_EQ(this->code_of(polled), ErrorCode::kCorruptState);
      ++errors;
    }
    ASSERT_TRUE(second->poll());
  }
  EXPECT_EQ(errors, 1);
}

TYPED_TEST_P(TransportContract, EveryRecordReachesAnOwnerAcrossARebalance) {
  constexpr int kRecords = 100;
  for (int i = 0; i < kRecords; ++i) this->append(i % kContractPartitions, std::to_string(i));
  const auto first = this->sole_member();
  const auto second = this->member();
  ASSERT_TRUE(second->join());
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  for (int i = 0; i < kRecords; ++i) this->append(i % kContractPartitions, "late");
  const auto late = [](const ContractMember& member) {
    return std::count_if(member.read.begin(), member.read.end(),
                         [](const StoredRecord& record) { return record.value == "late"; });
  };
  ASSERT_TRUE(poll_until({first.get(), second.get()},
                         [&] { return late(*first) + late(*second) >= kRecords; }));
  EXPECT_EQ(late(*first) + late(*second), kRecords);
  for (const ContractMember* member : {first.get(), second.get()}) {
    for (const StoredRecord& record : member->read) {
      if (record.value != "late") continue;
      EXPECT_TRUE(member->listener.assigned.contains(record.partition));
    }
  }
}

TYPED_TEST_P(TransportContract, AMemberWithoutPartitionsPollsEmptyBatches) {
  const auto first = this->sole_member();
  std::vector<std::unique_ptr<ContractMember>> others;
  std::vector<ContractMember*> all = {first.get()};
  for (int i = 0; i < kContractPartitions; ++i) {
    others.push_back(this->member());
    ASSERT_TRUE(others.back()->join());
    all.push_back(others.back().get());
  }
  const auto owners = [&] {
    return std::count_if(all.begin(), all.end(), [](const ContractMember* member) {
      return member->listener.assigned.size() == 1;
    });
  };
  ASSERT_TRUE(poll_until(all, [&] { return owners() == kContractPartitions; }));
  const auto idle = std::find_if(all.begin(), all.end(), [](const ContractMember* member) {
    return member->listener.assigned.empty();
  });
  ASSERT_NE(idle, all.end());
  EXPECT_TRUE((*idle)->poll());
  EXPECT_TRUE((*idle)->read.empty());
}

TYPED_TEST_P(TransportContract, CloseGivesThePartitionsToTheOtherMemberAtOnce) {
  const auto first = this->sole_member();
  const auto second = this->member();
  ASSERT_TRUE(second->join());
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(first->transport->close());
  EXPECT_EQ(first->listener.events.back(), "revoked");
  ASSERT_TRUE(poll_until({second.get()}, [&] { return this->has_all(*second); }));
  // Well below the session time-out that a vanished member would cost.
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(4));
}

TYPED_TEST_P(TransportContract, CloseLetsTheListenerCommitAndMayBeRepeated) {
  auto only = this->sole_member();
  only->listener.before_revoked = [&](std::span<const Partition>) {
    return only->transport->commit(this->at(0, 3));
  };
  ASSERT_TRUE(only->transport->close());
  ASSERT_TRUE(only->transport->close());
  EXPECT_EQ(std::count(only->listener.events.begin(), only->listener.events.end(), "revoked"), 1);
  const auto next = this->sole_member();
  const std::vector<Partition> asked = {{0}};
  const auto committed = next->transport->committed(asked);
  ASSERT_TRUE(committed);
  EXPECT_EQ((*committed)[0].value_or(pipeline::CommittedPosition{}).position, Position{3});
}

TYPED_TEST_P(TransportContract, AnExpiredMemberIsFencedLosesItsPartitionsAndMayRejoin) {
  const auto config = this->harness_.impatient_config();
  const auto first = this->member(config);
  ASSERT_TRUE(first->join());
  ASSERT_TRUE(poll_until({first.get()}, [&] { return this->has_all(*first); }));
  const auto second = this->member(config);
  ASSERT_TRUE(second->join());
  this->harness_.expire(first->transport.get());
  ASSERT_TRUE(poll_until({second.get()}, [&] { return this->has_all(*second); }));

  const Status fenced = first->transport->commit(this->at(0, 50));
  ASSERT_FALSE(fenced);
  EXPECT_EQ(this->code_of(fenced), ErrorCode::kFenced);
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  EXPECT_EQ(first->listener.events, (std::vector<std::string>{"assigned", "lost", "assigned"}));
}

TYPED_TEST_P(TransportContract, OutputsAreVisibleAfterAFlush) {
  const auto only = this->sole_member();
  pipeline::OutputRecord score;
  score.key = "u1";
  score.value = std::string("{\"s\":1}\0\xff", 9);
  pipeline::OutputRecord letter;
  letter.topic = pipeline::OutputTopic::kDeadLetters;
  letter.headers = {{"freshet.reason", "not_json"}, {"freshet.empty", ""}};
  ASSERT_TRUE(only->transport->send(score));
  ASSERT_TRUE(only->transport->send(letter));
  ASSERT_TRUE(only->transport->flush(this->kFlushTimeout));

  const auto scores = this->harness_.records(this->harness_.config().kafka.output);
  ASSERT_EQ(scores.size(), 1U);
  EXPECT_EQ(scores[0].key, score.key);
  EXPECT_EQ(scores[0].value, score.value);
  EXPECT_TRUE(scores[0].headers.empty());
  EXPECT_EQ(scores[0].partition, pipeline::partition_of("u1", kContractPartitions));
  const auto letters = this->harness_.records(this->harness_.config().kafka.dead_letter);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].key, std::nullopt);
  EXPECT_EQ(letters[0].value, std::nullopt);
  EXPECT_EQ(letters[0].headers, letter.headers);
}

TYPED_TEST_P(TransportContract, OutputsOfOneKeyKeepTheirOrder) {
  constexpr int kOutputs = 500;
  const auto only = this->sole_member();
  for (int i = 0; i < kOutputs; ++i) {
    pipeline::OutputRecord record;
    record.key = "user" + std::to_string(i % 7);
    record.value = std::to_string(i);
    ASSERT_TRUE(only->transport->send(record));
  }
  ASSERT_TRUE(only->transport->flush(this->kFlushTimeout));
  const auto scores = this->harness_.records(this->harness_.config().kafka.output);
  ASSERT_EQ(scores.size(), std::size_t{kOutputs});
  std::map<std::string, int> last;
  for (const StoredRecord& record : scores) {
    EXPECT_EQ(record.partition, pipeline::partition_of(*record.key, kContractPartitions));
    const int number = std::stoi(*record.value);
    const auto previous = last.find(*record.key);
    if (previous != last.end()) {
      EXPECT_GT(number, previous->second);
    }
    last[*record.key] = number;
  }
}

TYPED_TEST_P(TransportContract, AMissingTopicIsNamed) {
  for (const std::string topic : {"input", "output", "dead_letter"}) {
    pipeline::WorkerConfig config = this->harness_.config();
    std::string& name = topic == "input"    ? config.kafka.input
                        : topic == "output" ? config.kafka.output
                                            : config.kafka.dead_letter;
    name = "no-such-topic";
    const auto member = this->member(config);
    const Status joined = member->join();
    ASSERT_FALSE(joined);
    EXPECT_EQ(this->code_of(joined), ErrorCode::kInvalidConfig);
    EXPECT_NE(joined.error().message.find("no-such-topic"), std::string::npos);
    EXPECT_NE(joined.error().message.find("create the topic"), std::string::npos);
  }
}

REGISTER_TYPED_TEST_SUITE_P(
    TransportContract, TheOnlyMemberIsAssignedEveryPartition, ReadingBeginsAtTheChosenPosition,
    OffsetsAscendInEachPartitionAndNoneIsMissing, ABatchHoldsAtMostWhatWasAskedFor,
    KeysValuesAndTimesArriveAsAppended, ABatchOutlivesItsTransport,
    AnEmptyPollReturnsAfterItsTimeout, BeginAndEndPositionsFrameTheLog,
    APositionOutsideTheLogStopsByName, NothingIsCommittedAtFirst,
    CommittedPositionsAndTextsSurviveReopening, ACommitOfNothingIsFine,
    CommittedIsReadableWithinOnAssigned, AnErrorOfOnAssignedIsReturnedAndTheAssignmentOfferedAgain,
    TwoMembersShareThePartitions, ARevokedMemberMayCommitWithinTheCallAndIsFencedAfterIt,
    AnErrorOfOnRevokedIsReturnedAndTheGroupGoesOn, EveryRecordReachesAnOwnerAcrossARebalance,
    AMemberWithoutPartitionsPollsEmptyBatches, CloseGivesThePartitionsToTheOtherMemberAtOnce,
    CloseLetsTheListenerCommitAndMayBeRepeated,
    AnExpiredMemberIsFencedLosesItsPartitionsAndMayRejoin, OutputsAreVisibleAfterAFlush,
    OutputsOfOneKeyKeepTheirOrder, AMissingTopicIsNamed);

}  // namespace freshet::test
