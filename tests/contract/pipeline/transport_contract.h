// What the suites of the transport contract share: a harness, members, and waiting for them.
//
// transport_records_contract.h and transport_group_contract.h hold the contract of
// pipeline/transport.h as tests, for every transport that has a group.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

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

  static std::vector<pipeline::PartitionCommit> at(std::int32_t partition, std::int64_t position,
                                                   const std::string& metadata = "m") {
    return {{Partition{partition}, {Position{position}, metadata}, {}}};
  }

  static ErrorCode code_of(const Status& status) { return status.error().code; }

  Harness harness_;
};

}  // namespace freshet::test
