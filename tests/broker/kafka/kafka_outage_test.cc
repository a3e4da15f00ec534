// A broker that is not there, goes away, or comes back: no exit, no loss, a clear message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "pipeline/kafka/kafka_transport.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_harness.h"

namespace freshet::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

// Nobody listens on port 1 of the loopback.
constexpr const char* kNobody = "127.0.0.1:1";

TEST(KafkaOutageTest, AnAbsentBrokerIsUnavailableWithinSecondsAndEachClientWarnsOnce) {
  pipeline::WorkerConfig config;
  config.delivery = pipeline::Delivery::kAtLeastOnce;
  config.changelog = false;
  config.kafka.bootstrap = kNobody;
  std::mutex mutex;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  pipeline::KafkaTransportOptions options;
  options.log = [&](int level, std::string_view line) {
    const std::lock_guard lock(mutex);
    if (level <= 3) errors.emplace_back(line);
    if (level == 4) warnings.emplace_back(line);
  };
  auto transport = pipeline::KafkaTransport::create(config, options);
  ASSERT_TRUE(transport);
  const auto before = std::chrono::steady_clock::now();
  NotingListener listener(transport->get());
  const Status joined = (*transport)->subscribe(&listener);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(joined.error().message, HasSubstr("kafka.bootstrap"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(8));
  transport->reset();
  EXPECT_THAT(errors, testing::IsEmpty());
  EXPECT_THAT(warnings, testing::SizeIs(testing::AllOf(testing::Ge(1U), testing::Le(2U))));
  EXPECT_THAT(warnings, testing::Each(HasSubstr(kNobody)));
}

TEST(KafkaOutageTest, ARestartedBrokerIsGoneOnWithAndNothingIsLost) {
  OwnKafkaBroker broker;
  KafkaHarness harness(broker.bootstrap());
  StoredRecord record;
  record.value = "before";
  harness.append(Partition{0}, record);
  ContractMember member(harness.open(harness.config()));
  ASSERT_TRUE(member.join());
  ASSERT_TRUE(poll_until({&member}, [&] { return member.read.size() == 1; }));

  broker.stop();
  Status polled = member.poll(milliseconds(100));
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (polled && std::chrono::steady_clock::now() < deadline) {
    polled = member.poll(milliseconds(100));
  }
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(polled.error().message, HasSubstr("kafka.bootstrap"));
  pipeline::OutputRecord output;
  output.key = "u";
  output.value = "sent during the outage";
  ASSERT_TRUE(member.transport->send(output));
  const Status flushed = member.transport->flush(milliseconds(100));
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, ErrorCode::kUnavailable);

  broker.start();
  ASSERT_TRUE(member.transport->flush(std::chrono::seconds(30)));
  record.value = "after";
  harness.append(Partition{0}, record);
  deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  // The outage may be reported once more, and the group may begin a new generation.
  while (member.read.back().value != "after" && std::chrono::steady_clock::now() < deadline) {
    static_cast<void>(member.poll(milliseconds(100)));
  }
  EXPECT_EQ(member.read.back().value, "after");
  const auto scores = harness.records(harness.config().kafka.output);
  ASSERT_EQ(scores.size(), 1U);
  EXPECT_EQ(scores[0].value, output.value);
  // Where the group has ended the member's generation, the polls that follow begin another.
  const std::vector<pipeline::PartitionCommit> partitions{{Partition{0}, {Position{2}, "m"}, {}}};
  auto committed = member.transport->commit(partitions);
  while (!committed && std::chrono::steady_clock::now() < deadline) {
    static_cast<void>(member.poll(milliseconds(100)));
    committed = member.transport->commit(partitions);
  }
  EXPECT_TRUE(committed) << committed.error().message;
}

}  // namespace
}  // namespace freshet::test
