// The contract of Transport::start_at: partitions that start when their state is there, not before.
// A harness brings the broker; INSTANTIATE_TYPED_TEST_SUITE_P runs the suite on it.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/contract/pipeline/transport_contract.h"

namespace freshet::test {

template <class Harness>
class TransportStart : public TransportContract<Harness> {
 protected:
  static std::vector<std::int64_t> offsets(const ContractMember& member, std::int32_t partition) {
    std::vector<std::int64_t> all;
    for (const StoredRecord& record : member.read) {
      if (record.partition == Partition{partition}) all.push_back(record.offset.value);
    }
    return all;
  }
};

TYPED_TEST_SUITE_P(TransportStart);

TYPED_TEST_P(TransportStart, NothingIsReadOfAPartitionBeforeItsStart) {
  for (int i = 0; i < 3; ++i) this->append(0, std::to_string(i));
  for (int i = 0; i < 3; ++i) this->append(1, std::to_string(i));
  const auto only = this->member();
  only->listener.later = {Partition{1}};
  ASSERT_TRUE(only->join());
  ASSERT_TRUE(poll_until({only.get()}, [&] { return this->offsets(*only, 0).size() == 3; }));
  for (int i = 3; i < 6; ++i) this->append(0, std::to_string(i));
  ASSERT_TRUE(poll_until({only.get()}, [&] { return this->offsets(*only, 0).size() == 6; }));
  EXPECT_TRUE(this->offsets(*only, 1).empty());
  EXPECT_EQ(only->transport->known_end(Partition{1}), std::nullopt);

  ASSERT_TRUE(only->transport->start_at(Partition{1}, Position{1}));
  ASSERT_TRUE(poll_until({only.get()}, [&] { return this->offsets(*only, 1).size() == 2; }));
  EXPECT_EQ(this->offsets(*only, 1), (std::vector<std::int64_t>{1, 2}));
}

TYPED_TEST_P(TransportStart, AStartSkipsAndRepeatsNothingOfPartitionsThatRun) {
  constexpr int kRecords = 200;
  for (int i = 0; i < kRecords; ++i) this->append(i % kContractPartitions, std::to_string(i));
  const auto only = this->member();
  only->listener.later = {Partition{1}, Partition{2}, Partition{3}};
  ASSERT_TRUE(only->join());
  ASSERT_TRUE(poll_until({only.get()}, [&] { return this->has_all(*only); }));
  // Each is started in the middle of what the ones before it have to read.
  for (std::int32_t partition = 1; partition < kContractPartitions; ++partition) {
    const auto batch = only->transport->poll(std::chrono::milliseconds(100), 7);
    ASSERT_TRUE(batch);
    for (const pipeline::InputRecord& record : batch->records) {
      StoredRecord copy;
      copy.partition = record.partition;
      copy.offset = record.offset;
      only->read.push_back(copy);
    }
    ASSERT_TRUE(only->transport->start_at(Partition{partition}, Position{0}));
  }
  ASSERT_TRUE(poll_until({only.get()}, [&] { return only->read.size() >= kRecords; }));
  std::vector<std::int64_t> expected;
  for (int i = 0; i < kRecords / kContractPartitions; ++i) expected.push_back(i);
  for (std::int32_t partition = 0; partition < kContractPartitions; ++partition) {
    EXPECT_EQ(this->offsets(*only, partition), expected);
  }
}

TYPED_TEST_P(TransportStart, BeforeAnythingIsReadTheLastStartHolds) {
  for (int i = 0; i < 4; ++i) this->append(0, std::to_string(i));
  const auto only = this->member();
  only->listener.later = {Partition{0}};
  ASSERT_TRUE(only->join());
  ASSERT_TRUE(poll_until({only.get()}, [&] { return this->has_all(*only); }));
  ASSERT_TRUE(only->transport->start_at(Partition{0}, Position{0}));
  ASSERT_TRUE(only->transport->start_at(Partition{0}, Position{2}));
  ASSERT_TRUE(poll_until({only.get()}, [&] { return only->read.size() >= 2; }));
  EXPECT_EQ(this->offsets(*only, 0), (std::vector<std::int64_t>{2, 3}));
}

TYPED_TEST_P(TransportStart, APartitionThatWasNeverStartedIsRevokedLikeAnyOther) {
  const auto first = this->member();
  first->listener.later = {Partition{0}, Partition{1}, Partition{2}, Partition{3}};
  ASSERT_TRUE(first->join());
  ASSERT_TRUE(poll_until({first.get()}, [&] { return this->has_all(*first); }));
  const auto second = this->member();
  ASSERT_TRUE(second->join());
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  EXPECT_EQ(first->listener.events, (std::vector<std::string>{"assigned", "revoked", "assigned"}));
  EXPECT_TRUE(first->transport->close());
}

REGISTER_TYPED_TEST_SUITE_P(TransportStart, NothingIsReadOfAPartitionBeforeItsStart,
                            AStartSkipsAndRepeatsNothingOfPartitionsThatRun,
                            BeforeAnythingIsReadTheLastStartHolds,
                            APartitionThatWasNeverStartedIsRevokedLikeAnyOther);

}  // namespace freshet::test
