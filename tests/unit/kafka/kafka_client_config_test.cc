#include "pipeline/kafka/kafka_client_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "pipeline/kafka/kafka_handle.h"
#include "pipeline/memory_split.h"

namespace freshet::pipeline {
namespace {

// What librdkafka ends up with: the last of several settings of one option.
std::map<std::string, std::string> effective(const KafkaOptions& options) {
  std::map<std::string, std::string> last;
  for (const auto& [name, value] : options) last[name] = value;
  return last;
}

TEST(KafkaClientConfigTest, TheConsumerCommitsNothingByItselfAndSkipsNothing) {
  WorkerConfig config;
  config.application_id = "app";
  config.kafka.bootstrap = "example:9092";
  auto options = effective(consumer_options(config, {}));
  EXPECT_EQ(options["group.id"], "app");
  EXPECT_EQ(options["bootstrap.servers"], "example:9092");
  EXPECT_EQ(options["enable.auto.commit"], "false");
  EXPECT_EQ(options["enable.auto.offset.store"], "false");
  EXPECT_EQ(options["auto.offset.reset"], "error");
  EXPECT_EQ(options["isolation.level"], "read_committed");
  EXPECT_EQ(options["partition.assignment.strategy"], "range");
  EXPECT_EQ(options["allow.auto.create.topics"], "false");
  EXPECT_FALSE(options.contains("group.instance.id"));
}

TEST(KafkaClientConfigTest, TheProducerIsIdempotentAndNeverGivesUp) {
  auto options = effective(producer_options({}, {}));
  EXPECT_EQ(options["enable.idempotence"], "true");
  EXPECT_EQ(options["acks"], "all");
  EXPECT_EQ(options["message.timeout.ms"], "0");
  EXPECT_EQ(options["partitioner"], "murmur2");
  EXPECT_EQ(options["compression.codec"], "lz4");
  EXPECT_EQ(options["max.in.flight"], "1");
}

TEST(KafkaClientConfigTest, TheInstanceIdMakesAStaticMember) {
  KafkaTransportOptions transport;
  transport.instance_id = "worker-7";
  transport.client_id = "me";
  auto options = effective(consumer_options({}, transport));
  EXPECT_EQ(options["group.instance.id"], "worker-7");
  EXPECT_EQ(options["client.id"], "me");
}

TEST(KafkaClientConfigTest, TheUsersOptionsWinInTheRoleTheyBelongTo) {
  WorkerConfig config;
  config.kafka.client = {
      {"session.timeout.ms", "12345"}, {"linger.ms", "77"}, {"security.protocol", "ssl"}};
  auto consumer = effective(consumer_options(config, {}));
  auto producer = effective(producer_options(config, {}));
  EXPECT_EQ(consumer["session.timeout.ms"], "12345");
  EXPECT_EQ(consumer["security.protocol"], "ssl");
  EXPECT_FALSE(consumer.contains("linger.ms"));
  EXPECT_EQ(producer["linger.ms"], "77");
  EXPECT_EQ(producer["security.protocol"], "ssl");
  EXPECT_FALSE(producer.contains("session.timeout.ms"));
}

// librdkafka's own ten seconds would keep a worker away for that long after its brokers are back.
TEST(KafkaClientConfigTest, EveryClientLooksForItsBrokersAgainWithinASecondUnlessTheUserSaysElse) {
  WorkerConfig config;
  const auto clients = [&config] {
    return std::vector{consumer_options(config, {}), producer_options(config, {}),
                       reader_options(config, "me"), changelog_reader_options(config, "me")};
  };
  for (const KafkaOptions& options : clients()) {
    EXPECT_EQ(effective(options)["reconnect.backoff.max.ms"], "1000");
  }
  config.kafka.client = {{"reconnect.backoff.max.ms", "7000"}};
  for (const KafkaOptions& options : clients()) {
    EXPECT_EQ(effective(options)["reconnect.backoff.max.ms"], "7000");
  }
}

// The largest that a queue with these two bounds becomes, for values of any size.
std::size_t bytes_most(const std::string& messages, const std::string& kbytes) {
  constexpr std::size_t kBesideValueBytes = 384;
  return std::stoul(messages) * kBesideValueBytes + std::stoul(kbytes) * 1024;
}

TEST(KafkaClientConfigTest, ThreadsShareTheQueuesPartOfTheMemoryBudget) {
  WorkerConfig config;
  config.memory_budget_mb = 512;
  for (const std::size_t threads : {1U, 4U}) {
    config.threads = threads;
    auto consumer = effective(consumer_options(config, {}));
    auto producer = effective(producer_options(config, {}));
    const MemorySplit split = split_memory(512);
    EXPECT_LE(threads * bytes_most(consumer["queued.min.messages"],
                                   consumer["queued.max.messages.kbytes"]),
              split.input_queue_bytes);
    EXPECT_LE(threads * bytes_most(producer["queue.buffering.max.messages"],
                                   producer["queue.buffering.max.kbytes"]),
              split.output_queue_bytes);
  }
}

TEST(KafkaClientConfigTest, OutputsAndTransactionsShareTheirPartWhereTheyAreTwo) {
  WorkerConfig config;
  config.memory_budget_mb = 512;
  config.delivery = Delivery::kAtLeastOnce;
  const auto bytes = [](const KafkaOptions& options) {
    auto last = effective(options);
    return bytes_most(last["queue.buffering.max.messages"], last["queue.buffering.max.kbytes"]);
  };
  EXPECT_LE(bytes(producer_options(config, {})) + bytes(transaction_options(config, {})),
            split_memory(512).output_queue_bytes);
  config.delivery = Delivery::kExactlyOnce;
  EXPECT_LE(bytes(transaction_options(config, {})), split_memory(512).output_queue_bytes);
  EXPECT_GT(bytes(transaction_options(config, {})), split_memory(512).output_queue_bytes * 9 / 10);
}

TEST(KafkaClientConfigTest, OutputsWaitLessForABatchWhereNoCommitHoldsThemBack) {
  WorkerConfig config;
  EXPECT_EQ(effective(transaction_options(config, {}))["linger.ms"], "5");
  config.delivery = Delivery::kAtLeastOnce;
  EXPECT_EQ(effective(producer_options(config, {}))["linger.ms"], "2");
  EXPECT_EQ(effective(transaction_options(config, {}))["linger.ms"], "5");
  config.kafka.client = {{"linger.ms", "7"}};
  EXPECT_EQ(effective(producer_options(config, {}))["linger.ms"], "7");
}

TEST(KafkaClientConfigTest, TransactionsOutliveTheTimeBetweenCommitsUnderTheirOwnName) {
  WorkerConfig config;
  KafkaTransportOptions transport;
  transport.instance_id = "shop-1-0";
  auto options = effective(transaction_options(config, transport));
  EXPECT_EQ(options["transactional.id"], "shop-1-0");
  EXPECT_EQ(options["transaction.timeout.ms"], "15000");
  EXPECT_EQ(options["enable.idempotence"], "true");
  EXPECT_EQ(options["acks"], "all");
  config.commit.interval = DurationMs{60'000};
  EXPECT_EQ(effective(transaction_options(config, transport))["transaction.timeout.ms"], "70000");
  config.kafka.client = {{"transaction.timeout.ms", "90000"}};
  EXPECT_EQ(effective(transaction_options(config, transport))["transaction.timeout.ms"], "90000");
  EXPECT_FALSE(effective(consumer_options(config, {})).contains("transaction.timeout.ms"));
  transport.transactional_id = "another";
  EXPECT_EQ(effective(transaction_options(config, transport))["transactional.id"], "another");
  // Without a name of its own it has one that nobody else has.
  EXPECT_NE(effective(transaction_options(config, {}))["transactional.id"],
            effective(transaction_options(config, {}))["transactional.id"]);
}

TEST(KafkaClientConfigTest, TheChangelogIsReadWithinAsMuchMemoryAsTheInput) {
  for (const std::size_t budget_mb : {16U, 512U, 8'192U}) {
    WorkerConfig config;
    config.memory_budget_mb = budget_mb;
    auto input = effective(consumer_options(config, {}));
    const KafkaOptions options = changelog_reader_options(config, "reader");
    auto reader = effective(options);
    EXPECT_EQ(reader["queued.max.messages.kbytes"], input["queued.max.messages.kbytes"]);
    EXPECT_EQ(reader["isolation.level"], "read_committed");
    EXPECT_TRUE(KafkaHandle::create(KafkaHandle::Role::kConsumer, options, nullptr, nullptr));
    EXPECT_TRUE(KafkaHandle::create(KafkaHandle::Role::kProducer, transaction_options(config, {}),
                                    nullptr, nullptr));
  }
}

TEST(KafkaClientConfigTest, LibrdkafkaTakesTheQueuesOfTheSmallestAndTheLargestBudget) {
  for (const std::size_t budget_mb : {16U, 1'048'576U}) {
    WorkerConfig config;
    config.memory_budget_mb = budget_mb;
    using Role = KafkaHandle::Role;
    const auto consumer =
        KafkaHandle::create(Role::kConsumer, consumer_options(config, {}), nullptr, nullptr);
    const auto producer =
        KafkaHandle::create(Role::kProducer, producer_options(config, {}), nullptr, nullptr);
    EXPECT_TRUE(consumer) << consumer.error().message;
    EXPECT_TRUE(producer) << producer.error().message;
  }
}

TEST(KafkaClientConfigTest, AMessageThatTheUserAdmitsCanBeFetchedAndQueued) {
  WorkerConfig config;
  config.memory_budget_mb = 16;
  config.kafka.client = {{"message.max.bytes", "9000000"}};
  EXPECT_EQ(effective(consumer_options(config, {}))["fetch.max.bytes"], "9000000");
  EXPECT_GE(std::stoul(effective(producer_options(config, {}))["queue.buffering.max.kbytes"]),
            9'000'000U / 1024);
}

TEST(KafkaClientConfigTest, LibrdkafkaTakesEveryOptionOfEachRole) {
  KafkaTransportOptions transport;
  transport.instance_id = "i";
  std::mutex mutex;
  std::vector<std::string> warnings;
  transport.log = [&](int level, std::string_view line) {
    const std::lock_guard lock(mutex);
    if (level <= 4) warnings.emplace_back(line);
  };
  const WorkerConfig config;
  using Role = KafkaHandle::Role;
  EXPECT_TRUE(KafkaHandle::create(Role::kConsumer, consumer_options(config, transport),
                                  transport.log, nullptr));
  EXPECT_TRUE(KafkaHandle::create(Role::kConsumer, reader_options(config, "reader"), transport.log,
                                  nullptr));
  EXPECT_TRUE(KafkaHandle::create(Role::kProducer, producer_options(config, transport),
                                  transport.log, nullptr));
  // A warning would be about an option of the other role. Nobody listens at the default address,
  // so the clients may say that they cannot connect.
  std::erase_if(warnings, [](const std::string& line) {
    return line.find("onfiguration property") == std::string::npos;
  });
  EXPECT_THAT(warnings, testing::IsEmpty());
}

TEST(KafkaClientConfigTest, AnOptionThatLibrdkafkaRefusesIsNamed) {
  const auto unknown = KafkaHandle::create(KafkaHandle::Role::kConsumer, {{"no.such.option", "1"}},
                                           nullptr, nullptr);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("no.such.option"));
  const auto wrong =
      KafkaHandle::create(KafkaHandle::Role::kProducer, {{"linger.ms", "soon"}}, nullptr, nullptr);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(wrong.error().message, testing::HasSubstr("linger.ms"));
}

}  // namespace
}  // namespace freshet::pipeline
