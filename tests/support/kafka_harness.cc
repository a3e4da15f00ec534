#include "tests/support/kafka_harness.h"

#include <chrono>
#include <cstdio>

#include "common/check.h"
#include "pipeline/kafka/changelog_topic.h"
#include "pipeline/kafka/topic_creation.h"
#include "pipeline/kafka/topic_reader.h"
#include "tests/support/kafka_broker.h"

namespace freshet::test {

using pipeline::KafkaProducer;
using pipeline::KafkaTransport;

KafkaHarness::KafkaHarness() : KafkaHarness(kafka_bootstrap()) {}

KafkaHarness::KafkaHarness(const std::string& bootstrap) : next_(kContractPartitions) {
  config_.application_id = unique_name("group");
  config_.kafka.bootstrap = bootstrap;
  config_.kafka.input = unique_name("clicks");
  config_.kafka.output = unique_name("scores");
  config_.kafka.dead_letter = unique_name("dead-letters");
  // Members hear of a rebalance in the answer to a heartbeat.
  config_.kafka.client = {{"heartbeat.interval.ms", "50"}, {"session.timeout.ms", "6000"}};
  for (const std::string& topic : {config_.kafka.input, config_.kafka.output,
                                   config_.kafka.dead_letter, pipeline::changelog_topic(config_)}) {
    FRESHET_CHECK(pipeline::create_topic(config_, {topic, kContractPartitions, {}}));
  }
  auto producer = KafkaProducer::create(pipeline::producer_options(config_, {}), nullptr);
  FRESHET_CHECK(producer);
  producer_ = std::move(*producer);
  const auto topic = producer_->open_topic(config_.kafka.input);
  FRESHET_CHECK(topic);
  input_ = *topic;
}

std::unique_ptr<pipeline::Transport> KafkaHarness::open(const pipeline::WorkerConfig& config) {
  auto transport = KafkaTransport::create(config, {});
  FRESHET_CHECK(transport);
  return std::move(*transport);
}

void KafkaHarness::hand_over(Partition partition, const StoredRecord& record) {
  pipeline::KafkaMessage message;
  message.topic = input_;
  message.partition = partition;
  message.timestamp = record.timestamp;
  message.key = record.key;
  message.value = record.value;
  message.headers = record.headers;
  FRESHET_CHECK(producer_->send(message));
}

Offset KafkaHarness::append(Partition partition, StoredRecord record) {
  hand_over(partition, record);
  FRESHET_CHECK(producer_->flush(std::chrono::seconds(30)));
  return Offset{next_[static_cast<std::size_t>(partition.value)]++};
}

void KafkaHarness::append_all(Partition partition, const std::vector<StoredRecord>& records) {
  for (const StoredRecord& record : records) hand_over(partition, record);
  FRESHET_CHECK(producer_->flush(std::chrono::seconds(30)));
  next_[static_cast<std::size_t>(partition.value)] += static_cast<std::int64_t>(records.size());
}

std::vector<StoredRecord> KafkaHarness::records(const std::string& topic) {
  // A partition of a new topic has no leader for a moment.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  auto reader = pipeline::TopicReader::open(config_, topic, {});
  while (!reader && reader.error().code == ErrorCode::kUnavailable &&
         std::chrono::steady_clock::now() < deadline) {
    reader = pipeline::TopicReader::open(config_, topic, {});
  }
  if (!reader)
    std::fprintf(stderr, "reading %s: %s\n", topic.c_str(), reader.error().message.c_str());
  FRESHET_CHECK(reader);
  std::vector<StoredRecord> all;
  const Status read = reader->read([&](const pipeline::DumpRecord& record) -> Status {
    StoredRecord stored{record.partition, record.offset, record.timestamp,
                        record.key,       record.value,  {}};
    for (const auto& header : record.headers) {
      stored.headers.push_back({header.name, header.value.value_or("")});
    }
    all.push_back(std::move(stored));
    return {};
  });
  FRESHET_CHECK(read);
  return all;
}

pipeline::WorkerConfig KafkaHarness::impatient_config() const {
  pipeline::WorkerConfig config = config_;
  config.kafka.client["session.timeout.ms"] = "1500";
  config.kafka.client["max.poll.interval.ms"] = "1500";
  return config;
}

}  // namespace freshet::test
