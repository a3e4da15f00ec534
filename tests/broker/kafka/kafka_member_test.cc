// Static members, and what a producer refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/kafka/kafka_transport.h"
#include "pipeline/kafka/record_size.h"
#include "pipeline/kafka/topic_creation.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_harness.h"

namespace freshet::test {
namespace {

using pipeline::KafkaMessage;
using pipeline::KafkaProducer;
using testing::HasSubstr;

constexpr std::size_t kSmallBytes = 1'000;  // max.message.bytes of small_topic()

class KafkaMemberTest : public testing::Test {
 protected:
  std::unique_ptr<ContractMember> member_of_instance(const std::string& instance) {
    pipeline::KafkaTransportOptions options;
    options.instance_id = instance;
    auto transport = pipeline::KafkaTransport::create(harness_.config(), options);
    EXPECT_TRUE(transport);
    return std::make_unique<ContractMember>(std::move(*transport));
  }

  // A producer to the scores, with options of its own.
  std::unique_ptr<KafkaProducer> producer(const pipeline::KafkaOptions& own) {
    pipeline::KafkaOptions options = pipeline::producer_options(harness_.config(), {});
    options.insert(options.end(), own.begin(), own.end());
    auto producer = KafkaProducer::create(options, nullptr);
    EXPECT_TRUE(producer);
    const auto topic = (*producer)->open_topic(harness_.config().kafka.output);
    EXPECT_TRUE(topic);
    message_.topic = *topic;
    return std::move(*producer);
  }

  std::string small_topic() {
    std::string topic = unique_name("small");
    EXPECT_TRUE(pipeline::create_topic(
        harness_.config(), {topic, 1, {{"max.message.bytes", std::to_string(kSmallBytes)}}}));
    return topic;
  }

  KafkaHarness harness_;
  KafkaMessage message_;
};

TEST_F(KafkaMemberTest, AStaticMemberHasItsPartitionsBackWhileTheOthersGoOn) {
  const auto other = member_of_instance("b");
  auto first = member_of_instance("a");
  ASSERT_TRUE(other->join());
  ASSERT_TRUE(first->join());
  ASSERT_TRUE(poll_until({first.get(), other.get()}, [&] {
    return first->listener.assigned.size() == 2 && other->listener.assigned.size() == 2;
  }));
  const std::set<Partition> owned = first->listener.assigned;
  const std::size_t events = other->listener.events.size();
  ASSERT_TRUE(first->transport->close());
  first = member_of_instance("a");
  ASSERT_TRUE(first->join());
  ASSERT_TRUE(
      poll_until({first.get(), other.get()}, [&] { return first->listener.assigned.size() == 2; }));
  EXPECT_EQ(first->listener.assigned, owned);
  EXPECT_EQ(other->listener.events.size(), events);
}

TEST_F(KafkaMemberTest, ASecondWorkerOfTheSameInstanceFencesTheFirst) {
  const auto first = member_of_instance("a");
  ASSERT_TRUE(first->join());
  ASSERT_TRUE(poll_until({first.get()}, [&] { return first->listener.assigned.size() == 4; }));
  const auto second = member_of_instance("a");
  ASSERT_TRUE(second->join());
  ASSERT_TRUE(poll_until({second.get()}, [&] { return second->listener.assigned.size() == 4; }));

  const auto committed = first->transport->commit(
      std::vector<pipeline::PartitionCommit>{{Partition{0}, {Position{7}, "zombie"}, {}}});
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, ErrorCode::kInvalidConfig);
  Status polled = first->poll();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (polled && std::chrono::steady_clock::now() < deadline) polled = first->poll();
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(polled.error().message, HasSubstr("instance id"));
  // The library's reason, and once.
  const std::size_t reason = polled.error().message.find("Static consumer fenced");
  EXPECT_NE(reason, std::string::npos) << polled.error().message;
  EXPECT_EQ(polled.error().message.rfind("Static consumer fenced"), reason);
  EXPECT_FALSE(second->transport->committed(std::vector<Partition>{{0}})->front().has_value());
}

TEST_F(KafkaMemberTest, ACrashedTransportDoesNotLeaveTheGroup) {
  auto first = std::make_unique<ContractMember>(harness_.open(harness_.config()));
  ASSERT_TRUE(first->join());
  ASSERT_TRUE(poll_until({first.get()}, [&] { return first->listener.assigned.size() == 4; }));
  first.reset();
  ContractMember other(harness_.open(harness_.config()));
  ASSERT_TRUE(other.join());
  ASSERT_TRUE(other.poll(std::chrono::seconds(1)));
  EXPECT_TRUE(other.listener.assigned.empty());
  // The session of 6 s runs out.
  EXPECT_TRUE(poll_until({&other}, [&] { return other.listener.assigned.size() == 4; }));
}

TEST_F(KafkaMemberTest, ATooLargeRecordIsRefusedAndNotTaken) {
  const auto small = producer({{"message.max.bytes", "2000"}});
  const std::string large(3'000, 'x');
  message_.value = large;
  const Status sent = small->send(message_);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kBadRecord);
  EXPECT_THAT(sent.error().message, HasSubstr("message.max.bytes"));
  EXPECT_TRUE(small->flush(std::chrono::seconds(10)));
  EXPECT_TRUE(harness_.records(harness_.config().kafka.output).empty());
}

TEST_F(KafkaMemberTest, TheTopicTakesARecordOfExactlyItsLimitAndALargerOneIsNotSent) {
  const std::string topic = small_topic();
  const auto plain = producer({{"compression.codec", "none"}});
  message_.topic = plain->open_topic(topic).value();
  const std::vector<pipeline::Header> headers{{"h", "value"}};
  message_.key = "key";
  message_.headers = headers;
  const std::size_t rest = pipeline::batch_bytes_of("key", std::string(800, 'x'), headers) - 800;
  const std::string fits(kSmallBytes - rest, 'x');
  message_.value = fits;
  EXPECT_TRUE(plain->send(message_));
  const std::string large = fits + "x";
  message_.value = large;
  const Status sent = plain->send(message_);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kBadRecord);
  EXPECT_THAT(sent.error().message, HasSubstr(topic));
  EXPECT_THAT(sent.error().message, HasSubstr("max.message.bytes is 1000"));
  EXPECT_TRUE(plain->flush(std::chrono::seconds(10)));
  EXPECT_EQ(harness_.records(topic).size(), 1U);
}

TEST_F(KafkaMemberTest, ManyRecordsReachATopicThatTakesOnlySmallBatches) {
  const std::string topic = small_topic();
  const auto plain = producer({{"compression.codec", "none"}, {"linger.ms", "1000"}});
  message_.topic = plain->open_topic(topic).value();
  const std::string value(300, 'x');
  message_.value = value;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(plain->send(message_));
  const Status flushed = plain->flush(std::chrono::seconds(20));
  EXPECT_TRUE(flushed) << flushed.error().message;
  EXPECT_EQ(harness_.records(topic).size(), 100U);
}

TEST_F(KafkaMemberTest, ARecordThatTheTopicRefusesFailsEveryFlush) {
  const std::string topic = unique_name("compacted");
  ASSERT_TRUE(
      pipeline::create_topic(harness_.config(), {topic, 1, {{"cleanup.policy", "compact"}}}));
  const auto plain = producer({});
  message_.topic = plain->open_topic(topic).value();
  message_.value = "without a key";
  ASSERT_TRUE(plain->send(message_));
  for (int i = 0; i < 2; ++i) {
    const Status flushed = plain->flush(std::chrono::seconds(10));
    ASSERT_FALSE(flushed);
    EXPECT_EQ(flushed.error().code, ErrorCode::kFatal);
    EXPECT_THAT(flushed.error().message, HasSubstr(topic));
  }
}

TEST_F(KafkaMemberTest, AFullQueueIsUnavailableAndTheRecordIsNotTaken) {
  // Nothing leaves before the linger is over, but for a flush.
  const auto full = producer({{"queue.buffering.max.messages", "3"}, {"linger.ms", "60000"}});
  message_.value = "v";
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(full->send(message_));
  const Status fourth = full->send(message_);
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(full->flush(std::chrono::seconds(10)));
  EXPECT_EQ(harness_.records(harness_.config().kafka.output).size(), 3U);
  EXPECT_TRUE(full->send(message_));
  EXPECT_TRUE(full->flush(std::chrono::seconds(10)));
}

TEST_F(KafkaMemberTest, LogAppendTimeIsTheRecordsTime) {
  pipeline::WorkerConfig config = harness_.config();
  config.kafka.input = unique_name("stamped");
  ASSERT_TRUE(pipeline::create_topic(
      config, {config.kafka.input, 1, {{"message.timestamp.type", "LogAppendTime"}}}));
  const auto writer = producer({{"linger.ms", "0"}});
  message_.topic = writer->open_topic(config.kafka.input).value();
  message_.timestamp = EventTime{1'000};
  message_.value = "v";
  ASSERT_TRUE(writer->send(message_));
  ASSERT_TRUE(writer->flush(std::chrono::seconds(10)));
  ContractMember member(harness_.open(config));
  ASSERT_TRUE(member.join());
  ASSERT_TRUE(poll_until({&member}, [&] { return !member.read.empty(); }));
  ASSERT_TRUE(member.read[0].timestamp.has_value());
  EXPECT_GT(member.read[0].timestamp->ms, 1'600'000'000'000);
}

}  // namespace
}  // namespace freshet::test
