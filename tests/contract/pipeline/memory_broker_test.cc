// What the in-memory broker can do beyond the contract: be as unkind as a real one, on demand.
#include <gtest/gtest.h>

#include "pipeline/events/partitioner.h"
#include "tests/support/memory_transport.h"
#include "tests/support/transport_harness.h"

namespace freshet::test {
namespace {

using std::chrono::milliseconds;

class MemoryBrokerTest : public testing::Test {
 protected:
  MemoryBrokerTest() {
    config_.delivery = pipeline::Delivery::kAtLeastOnce;
    config_.changelog = false;
    broker_.create_topic(config_.kafka.input, 2);
    broker_.create_topic(config_.kafka.output, 2);
    broker_.create_topic(config_.kafka.dead_letter, 2);
  }

  std::unique_ptr<ContractMember> joined_member() {
    auto member =
        std::make_unique<ContractMember>(std::make_unique<MemoryTransport>(&broker_, config_));
    EXPECT_TRUE(member->join());
    return member;
  }

  void append(std::int32_t partition, const std::string& value) {
    StoredRecord record;
    record.value = value;
    broker_.append(config_.kafka.input, Partition{partition}, record);
  }

  pipeline::WorkerConfig config_;
  MemoryBroker broker_;
};

TEST_F(MemoryBrokerTest, SkippedOffsetsAreGapsOfTheLog) {
  append(0, "a");
  broker_.skip_offsets(config_.kafka.input, Partition{0}, 3);
  append(0, "b");
  broker_.skip_offsets(config_.kafka.input, Partition{0}, 1);
  const auto member = joined_member();
  ASSERT_TRUE(poll_until({member.get()}, [&] { return member->read.size() == 2; }));
  EXPECT_EQ(member->read[1].offset, Offset{4});
  EXPECT_EQ(member->transport->range(Partition{0})->end, Position{6});
}

TEST_F(MemoryBrokerTest, ATrimmedLogBeginsLaterAndItsPositionsAreGone) {
  for (int i = 0; i < 4; ++i) append(0, "v");
  const auto member = joined_member();
  member->listener.starts[Partition{0}] = Position{1};
  broker_.trim(config_.kafka.input, Partition{0}, Position{2});
  EXPECT_EQ(member->transport->range(Partition{0})->begin, Position{2});
  const Status polled = member->poll();
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code, ErrorCode::kFenced);
}

TEST_F(MemoryBrokerTest, ARecreatedTopicBeginsAtNothingWithoutThePositionsOfBefore) {
  append(0, "a");
  auto member = joined_member();
  ASSERT_TRUE(member->poll(milliseconds(0)));
  const std::vector<pipeline::PartitionCommit> positions = {{Partition{0}, {Position{1}, "m"}, {}}};
  ASSERT_TRUE(member->commit(positions));
  ASSERT_TRUE(member->transport->close());
  broker_.delete_topic(config_.kafka.input);
  EXPECT_EQ(broker_.partition_count(config_.kafka.input), 0);
  broker_.create_topic(config_.kafka.input, 3);
  EXPECT_EQ(broker_.end(config_.kafka.input, Partition{0}), Position{0});
  member = joined_member();
  ASSERT_TRUE(member->poll(milliseconds(0)));
  EXPECT_EQ(member->listener.assigned.size(), 3U);
  EXPECT_EQ(broker_.committed(config_.application_id, Partition{0}), std::nullopt);
}

TEST_F(MemoryBrokerTest, RecordsThatWereNotFlushedAreLostWithTheirTransport) {
  auto member = joined_member();
  pipeline::OutputRecord record;
  record.value = "v";
  ASSERT_TRUE(member->transport->send(record));
  member.reset();
  EXPECT_TRUE(broker_.records(config_.kafka.output).empty());
}

TEST_F(MemoryBrokerTest, DeliveredAtOnceTheyAreNot) {
  broker_.deliver_at_once(true);
  auto member = joined_member();
  pipeline::OutputRecord record;
  record.value = "v";
  ASSERT_TRUE(member->transport->send(record));
  member.reset();
  EXPECT_EQ(broker_.records(config_.kafka.output).size(), 1U);
}

TEST_F(MemoryBrokerTest, ACrashedMemberHoldsItsPartitionsUntilItExpires) {
  auto first = std::make_unique<MemoryTransport>(&broker_, config_);
  NotingListener listener(first.get());
  ASSERT_TRUE(first->subscribe(&listener));
  ASSERT_TRUE(first->poll(milliseconds(0), 1));
  const MemberId crashed = first->member_id();
  first.reset();
  const auto second = joined_member();
  ASSERT_TRUE(second->poll(milliseconds(0)));
  EXPECT_TRUE(second->listener.assigned.empty());
  broker_.expire(crashed);
  ASSERT_TRUE(second->poll(milliseconds(0)));
  EXPECT_EQ(second->listener.assigned.size(), 2U);
}

TEST_F(MemoryBrokerTest, EachFailureAskedForHappensOnce) {
  const auto member = joined_member();
  ASSERT_TRUE(member->poll(milliseconds(0)));
  broker_.fail_next(BrokerCall::kCommit, {ErrorCode::kUnavailable, "first"});
  broker_.fail_next(BrokerCall::kCommit, {ErrorCode::kFenced, "second"});
  broker_.fail_next(BrokerCall::kFlush, {ErrorCode::kUnavailable, "flush"});
  const std::vector<pipeline::PartitionCommit> positions = {{Partition{1}, {Position{1}, "m"}, {}}};
  EXPECT_EQ(member->transport->commit(positions).error().message, "first");
  EXPECT_FALSE(broker_.committed(config_.application_id, Partition{1}).has_value());
  EXPECT_EQ(member->transport->commit(positions).error().message, "second");
  EXPECT_TRUE(member->transport->commit(positions));
  EXPECT_EQ(broker_.committed(config_.application_id, Partition{1})->position, Position{1});
  EXPECT_FALSE(member->transport->flush(milliseconds(0)));
  EXPECT_TRUE(member->transport->flush(milliseconds(0)));
}

TEST_F(MemoryBrokerTest, KeyedRecordsGoWhereKafkasPartitionerPutsThem) {
  StoredRecord record;
  record.key = "u1";
  const Offset offset = broker_.append(config_.kafka.input, record);
  EXPECT_EQ(offset, Offset{0});
  EXPECT_EQ(broker_.records(config_.kafka.input)[0].partition, pipeline::partition_of("u1", 2));
}

using MemoryBrokerDeathTest = MemoryBrokerTest;

TEST_F(MemoryBrokerDeathTest, StartingAgainWhereSomethingWasReadIsAProgrammersError) {
  append(0, "a");
  const auto member = joined_member();
  ASSERT_TRUE(member->poll(milliseconds(0)));
  EXPECT_DEATH(static_cast<void>(member->transport->start_at(Partition{0}, Position{0})),
               "check failed");
}

TEST_F(MemoryBrokerDeathTest, PollingAClosedTransportIsAProgrammersError) {
  const auto member = joined_member();
  ASSERT_TRUE(member->transport->close());
  EXPECT_DEATH(static_cast<void>(member->transport->poll(milliseconds(0), 1)), "check failed");
}

}  // namespace
}  // namespace freshet::test
