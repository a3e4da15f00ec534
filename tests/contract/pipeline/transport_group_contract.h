// The contract of pipeline/transport.h about the group: assignment, commits, rebalances, close.
// A harness brings the broker; INSTANTIATE_TYPED_TEST_SUITE_P runs the suite on it.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/contract/pipeline/transport_contract.h"

namespace freshet::test {

template <class Harness>
using TransportGroup = TransportContract<Harness>;

TYPED_TEST_SUITE_P(TransportGroup);

TYPED_TEST_P(TransportGroup, TheOnlyMemberIsAssignedEveryPartition) {
  const auto only = this->sole_member();
  const std::set<Partition> all = {{0}, {1}, {2}, {3}};
  EXPECT_EQ(only->listener.assigned, all);
  EXPECT_EQ(only->transport->partition_count().value(), kContractPartitions);
}

TYPED_TEST_P(TransportGroup, NothingIsCommittedAtFirst) {
  const auto only = this->sole_member();
  const std::vector<Partition> asked = {{2}, {0}};
  const auto committed = only->transport->committed(asked);
  ASSERT_TRUE(committed);
  ASSERT_EQ(committed->size(), 2U);
  EXPECT_FALSE((*committed)[0].has_value());
  EXPECT_FALSE((*committed)[1].has_value());
}

TYPED_TEST_P(TransportGroup, CommittedPositionsAndTextsSurviveReopening) {
  auto first = this->sole_member();
  ASSERT_TRUE(first->commit(this->at(1, 17, "freshet/1 abc 4")));
  ASSERT_TRUE(first->commit(this->at(3, 0, "")));
  ASSERT_TRUE(first->commit(this->at(1, 18, "freshet/1 abc 5")));
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

TYPED_TEST_P(TransportGroup, CommittedIsReadableWithinOnAssigned) {
  auto first = this->sole_member();
  ASSERT_TRUE(first->commit(this->at(0, 5)));
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

TYPED_TEST_P(TransportGroup, AnErrorOfOnAssignedIsReturnedAndTheAssignmentOfferedAgain) {
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

TYPED_TEST_P(TransportGroup, TwoMembersShareThePartitions) {
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

TYPED_TEST_P(TransportGroup, ARevokedMemberMayCommitWithinTheCallAndIsFencedAfterIt) {
  const auto first = this->sole_member();
  Status inside = error(ErrorCode::kFatal, "not called");
  first->listener.before_revoked = [&](std::span<const Partition>) {
    inside = first->commit(this->at(2, 9));
    return Status{};
  };
  const auto second = this->member();
  ASSERT_TRUE(second->join());
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  ASSERT_TRUE(inside) << inside.error().message;

  const Partition moved = *second->listener.assigned.begin();
  const Status outside = first->commit(this->at(moved.value, 99));
  ASSERT_FALSE(outside);
  EXPECT_EQ(this->code_of(outside), ErrorCode::kFenced);
  const std::vector<Partition> asked = {{2}, moved};
  const auto committed = second->transport->committed(asked);
  ASSERT_TRUE(committed);
  ASSERT_TRUE((*committed)[0].has_value());
  EXPECT_EQ((*committed)[0]->position, Position{9});
  EXPECT_NE((*committed)[1].value_or(pipeline::CommittedPosition{}).position, Position{99});
}

TYPED_TEST_P(TransportGroup, AnErrorOfOnRevokedIsReturnedAndTheGroupGoesOn) {
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

TYPED_TEST_P(TransportGroup, EveryRecordReachesAnOwnerAcrossARebalance) {
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

TYPED_TEST_P(TransportGroup, AMemberWithoutPartitionsPollsEmptyBatches) {
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

TYPED_TEST_P(TransportGroup, CloseGivesThePartitionsToTheOtherMemberAtOnce) {
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

TYPED_TEST_P(TransportGroup, CloseLetsTheListenerCommitAndMayBeRepeated) {
  auto only = this->sole_member();
  only->listener.before_revoked = [&](std::span<const Partition>) {
    return only->commit(this->at(0, 3));
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

TYPED_TEST_P(TransportGroup, AnExpiredMemberIsFencedLosesItsPartitionsAndMayRejoin) {
  const auto config = this->harness_.impatient_config();
  const auto first = this->member(config);
  ASSERT_TRUE(first->join());
  ASSERT_TRUE(poll_until({first.get()}, [&] { return this->has_all(*first); }));
  const auto second = this->member(config);
  ASSERT_TRUE(second->join());
  this->harness_.expire(first->transport.get());
  ASSERT_TRUE(poll_until({second.get()}, [&] { return this->has_all(*second); }));

  const Status fenced = first->commit(this->at(0, 50));
  ASSERT_FALSE(fenced);
  EXPECT_EQ(this->code_of(fenced), ErrorCode::kFenced);
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  EXPECT_EQ(first->listener.events, (std::vector<std::string>{"assigned", "lost", "assigned"}));
}

REGISTER_TYPED_TEST_SUITE_P(
    TransportGroup, TheOnlyMemberIsAssignedEveryPartition, NothingIsCommittedAtFirst,
    CommittedPositionsAndTextsSurviveReopening, CommittedIsReadableWithinOnAssigned,
    AnErrorOfOnAssignedIsReturnedAndTheAssignmentOfferedAgain, TwoMembersShareThePartitions,
    ARevokedMemberMayCommitWithinTheCallAndIsFencedAfterIt,
    AnErrorOfOnRevokedIsReturnedAndTheGroupGoesOn, EveryRecordReachesAnOwnerAcrossARebalance,
    AMemberWithoutPartitionsPollsEmptyBatches, CloseGivesThePartitionsToTheOtherMemberAtOnce,
    CloseLetsTheListenerCommitAndMayBeRepeated,
    AnExpiredMemberIsFencedLosesItsPartitionsAndMayRejoin);

}  // namespace freshet::test
