// What a transaction of KafkaTransport shows to others, when it commits, aborts, is left open or is
// fenced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/kafka/changelog_topic.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_harness.h"
#include "tests/support/kafka_transactions.h"

namespace freshet::test {
namespace {

using pipeline::ChangelogEntry;
using pipeline::ChangelogPositions;
using pipeline::Delivery;
using pipeline::KafkaTransport;
using pipeline::KafkaTransportOptions;
using pipeline::PartitionCommit;
using testing::HasSubstr;

class KafkaTransactionTest : public testing::Test {
 protected:
  KafkaTransactionTest() : config_(harness_.config()) {
    config_.delivery = Delivery::kExactlyOnce;
    config_.changelog = true;
    options_.transactional_id = unique_name("transactional");
  }

  std::unique_ptr<ContractMember> member() {
    auto transport = KafkaTransport::create(config_, options_);
    EXPECT_TRUE(transport) << transport.error().message;
    return std::make_unique<ContractMember>(std::move(*transport));
  }

  // A member that has all partitions.
  std::unique_ptr<ContractMember> sole_member() {
    auto only = member();
    join(only.get());
    EXPECT_TRUE(poll_until({only.get()}, [&] { return has_all(*only); }));
    return only;
  }

  static void join(ContractMember* member) {
    Status joined = member->join();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!joined && joined.error().code == ErrorCode::kUnavailable &&
           std::chrono::steady_clock::now() < deadline) {
      joined = member->join();
    }
    EXPECT_TRUE(joined) << joined.error().message;
  }

  static bool has_all(const ContractMember& member) {
    return member.listener.assigned.size() == std::size_t{kContractPartitions};
  }

  static void send(ContractMember* member, const std::string& value) {
    pipeline::OutputRecord record;
    record.key = "k";
    record.value = value;
    const Status sent = member->transport->send(record);
    EXPECT_TRUE(sent) << sent.error().message;
    const Status flushed = member->transport->flush(std::chrono::seconds(20));
    EXPECT_TRUE(flushed) << flushed.error().message;
  }

  // One user and the marker.
  static PartitionCommit at(std::int32_t partition, std::int64_t position, const std::string& user,
                            const std::string& marker) {
    return {Partition{partition},
            {Position{position}, "text"},
            {ChangelogEntry{user, "of " + std::string(user)}, ChangelogEntry{"", marker}}};
  }

  static Result<ChangelogPositions> commit(ContractMember* member,
                                           const std::vector<PartitionCommit>& partitions) {
    auto committed = member->transport->commit(partitions);
    while (!committed && committed.error().code == ErrorCode::kUnavailable) {
      committed = member->transport->commit(partitions);
    }
    return committed;
  }

  std::vector<std::string> outputs() { return values_of(config_.kafka.output); }
  std::vector<std::string> values_of(const std::string& topic) {
    std::vector<std::string> values;
    for (const StoredRecord& record : harness_.records(topic)) {
      values.push_back(record.value.value_or("none"));
    }
    std::sort(values.begin(), values.end());
    return values;
  }

  KafkaHarness harness_;
  pipeline::WorkerConfig config_;
  KafkaTransportOptions options_;
};

TEST_F(KafkaTransactionTest, ACommitShowsOutputsChangelogAndPositionsAtOnce) {
  const auto only = sole_member();
  send(only.get(), "score");
  EXPECT_TRUE(outputs().empty());
  EXPECT_TRUE(values_of(changelog_topic(config_)).empty());

  const std::string user = "u";
  const std::vector<PartitionCommit> both = {
      {Partition{1},
       {Position{7}, "one"},
       {{user, "value"}, {"gone", std::nullopt}, {"", "marker 1"}}},
      {Partition{3}, {Position{9}, "three"}, {{"", "marker 3"}}}};
  const auto committed = commit(only.get(), both);
  ASSERT_TRUE(committed) << committed.error().message;

  EXPECT_EQ(outputs(), std::vector<std::string>{"score"});
  const std::vector<StoredRecord> changelog = harness_.records(changelog_topic(config_));
  ASSERT_EQ(changelog.size(), 4U);
  EXPECT_EQ(changelog[0].key, "u");
  EXPECT_EQ(changelog[0].partition, Partition{1});
  EXPECT_EQ(changelog[1].key, "gone");
  EXPECT_EQ(changelog[1].value, std::nullopt);
  EXPECT_EQ(changelog[2].key, "");
  EXPECT_EQ(changelog[2].value, "marker 1");
  EXPECT_EQ(changelog[3].partition, Partition{3});
  EXPECT_EQ(*committed, (ChangelogPositions{position_after(changelog[2].offset),
                                            position_after(changelog[3].offset)}));

  const std::vector<Partition> asked = {{3}, {1}, {0}};
  auto positions = only->transport->committed(asked);
  while (!positions && positions.error().code == ErrorCode::kUnavailable) {
    positions = only->transport->committed(asked);
  }
  ASSERT_TRUE(positions) << positions.error().message;
  EXPECT_EQ((*positions)[0], (pipeline::CommittedPosition{Position{9}, "three"}));
  EXPECT_EQ((*positions)[1], (pipeline::CommittedPosition{Position{7}, "one"}));
  EXPECT_EQ((*positions)[2], std::nullopt);
}

TEST_F(KafkaTransactionTest, ACrashLeavesAnOpenTransactionThatTheNextSubscribeAborts) {
  config_.kafka.client["transaction.timeout.ms"] = "120000";
  auto first = sole_member();
  send(first.get(), "never");
  first.reset();
  const auto second = member();
  join(second.get());
  // Readers would still stand before it, whichever partition it is in.
  TransactionalWriter other(config_.kafka.bootstrap);
  other.begin();
  for (std::int32_t p = 0; p < kContractPartitions; ++p) {
    other.write(config_.kafka.output, Partition{p}, "behind");
  }
  other.commit();
  EXPECT_EQ(outputs(), std::vector<std::string>(std::size_t{kContractPartitions}, "behind"));
}

TEST_F(KafkaTransactionTest, ATransportOfTheSameTransactionalIdFencesTheEarlierOne) {
  const auto first = sole_member();
  send(first.get(), "never");
  const auto second = member();
  join(second.get());
  const auto committed = commit(first.get(), {at(0, 1, "u", "marker")});
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, ErrorCode::kFenced) << committed.error().message;
  EXPECT_TRUE(outputs().empty());
  // And goes on saying so.
  const auto again = first->transport->commit(std::vector{at(0, 1, "u", "marker")});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kFenced);
  EXPECT_TRUE(first->transport->close());
}

TEST_F(KafkaTransactionTest, CommittedIsUnavailableWhileATransactionWithPositionsIsUndecided) {
  const auto member = sole_member();
  TransactionalWriter writer(config_.kafka.bootstrap);
  writer.begin();
  writer.write(config_.kafka.output, Partition{0}, "undecided");
  writer.send_position(config_.application_id, config_.kafka.input, Partition{1}, Position{5});
  const std::vector<Partition> asked = {{1}};
  const auto undecided = member->transport->committed(asked);
  ASSERT_FALSE(undecided);
  EXPECT_EQ(undecided.error().code, ErrorCode::kUnavailable) << undecided.error().message;
  EXPECT_THAT(undecided.error().message, HasSubstr("a transaction that holds one of them"));
  writer.abort();
  auto decided = member->transport->committed(asked);
  while (!decided && decided.error().code == ErrorCode::kUnavailable) {
    decided = member->transport->committed(asked);
  }
  ASSERT_TRUE(decided) << decided.error().message;
  EXPECT_EQ((*decided)[0], std::nullopt);
}

}  // namespace
}  // namespace freshet::test
