#include "tests/support/kafka_harness.h"

#include <chrono>
#include <cstdio>
#include <set>

#include "common/check.h"
#include "pipeline/kafka/changelog_topic.h"
#include "pipeline/kafka/kafka_changelog_reader.h"
#include "pipeline/kafka/topic_creation.h"
#include "pipeline/kafka/topic_reader.h"
#include "tests/support/kafka_admin.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_transactions.h"

namespace freshet::test {

using pipeline::KafkaProducer;
using pipeline::KafkaTransport;

namespace {

class KafkaForeignWriter final : public ForeignWriter {
 public:
  explicit KafkaForeignWriter(const pipeline::WorkerConfig& config)
      : group_(config.application_id),
        input_(config.kafka.input),
        writer_(config.kafka.bootstrap) {}

  void begin() override { writer_.begin(); }
  void write(const std::string& topic, Partition partition, const StoredRecord& record) override {
    writer_.write(topic, partition, record.key, record.value);
  }
  void send_offset(Partition partition, Position position) override {
    writer_.send_position(group_, input_, partition, position);
  }
  void commit() override {
    writer_.commit();
    wait_for_control_records();
  }
  void abort() override {
    writer_.abort();
    wait_for_control_records();
  }

 private:
  // Brokers answer once the transaction is decided, and begin another one once it is complete. This
  // other one is of no topic.
  void wait_for_control_records() {
    writer_.begin();
    writer_.send_position(group_ + "-nobody", input_, Partition{0}, Position{0});
    writer_.abort();
  }

  std::string group_;
  std::string input_;
  TransactionalWriter writer_;
};

}  // namespace

KafkaHarness::KafkaHarness() : KafkaHarness(kafka_bootstrap()) {}

KafkaHarness::KafkaHarness(const std::string& bootstrap) : next_(kContractPartitions) {
  config_.application_id = unique_name("group");
  config_.kafka.bootstrap = bootstrap;
  config_.kafka.input = unique_name("clicks");
  config_.kafka.output = unique_name("scores");
  config_.kafka.dead_letter = unique_name("dead-letters");
  // What moves records and positions alone; suites of transactions ask for theirs.
  config_.delivery = pipeline::Delivery::kAtLeastOnce;
  config_.changelog = false;
  // Members hear of a rebalance in the answer to a heartbeat.
  config_.kafka.client = {{"heartbeat.interval.ms", "50"}, {"session.timeout.ms", "6000"}};
  for (const std::string& topic :
       {config_.kafka.input, config_.kafka.output, config_.kafka.dead_letter}) {
    FRESHET_CHECK(pipeline::create_topic(config_, {topic, kContractPartitions, {}}));
  }
  FRESHET_CHECK(
      pipeline::create_topic(config_, pipeline::new_changelog_topic(config_, kContractPartitions)));
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

std::unique_ptr<pipeline::Transport> KafkaHarness::open_as(const pipeline::WorkerConfig& config,
                                                           const std::string& instance) {
  pipeline::KafkaTransportOptions options;
  options.instance_id = config.application_id + "-" + instance;
  auto transport = KafkaTransport::create(config, options);
  FRESHET_CHECK(transport);
  return std::move(*transport);
}

std::unique_ptr<pipeline::ChangelogReader> KafkaHarness::open_reader(
    const pipeline::WorkerConfig& config) {
  auto reader = pipeline::KafkaChangelogReader::create(config, {});
  FRESHET_CHECK(reader);
  return std::move(*reader);
}

std::unique_ptr<ForeignWriter> KafkaHarness::open_writer() {
  return std::make_unique<KafkaForeignWriter>(config_);
}

std::string KafkaHarness::changelog_topic() const { return pipeline::changelog_topic(config_); }

// Brokers compact whole segments that are full or old, and never the last one.
void KafkaHarness::compact(Partition partition) {
  alter_topic(config_.kafka.bootstrap, changelog_topic(),
              {{"cleanup.policy", "compact"},
               {"segment.ms", "1"},
               {"min.cleanable.dirty.ratio", "0.001"},
               {"min.compaction.lag.ms", "0"}});
  TransactionalWriter writer(config_.kafka.bootstrap);
  writer.begin();
  writer.write(changelog_topic(), partition, "closes the segment", "");
  writer.commit();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto is_compacted = [&] {
    std::set<std::string> keys;
    for (const StoredRecord& record : records(changelog_topic())) {
      if (record.partition == partition && !keys.insert(record.key.value_or("")).second) {
        return false;
      }
    }
    return true;
  };
  while (!is_compacted()) FRESHET_CHECK(std::chrono::steady_clock::now() < deadline);
}

void KafkaHarness::trim(const std::string& topic, Partition partition, Position begin) {
  const bool is_compacted = topic == changelog_topic();
  const auto keep_by = [&](const char* policy) {
    if (!is_compacted) return;
    alter_topic(config_.kafka.bootstrap, topic, {{"cleanup.policy", policy}});
  };
  keep_by("compact,delete");
  delete_records_below(config_.kafka.bootstrap, topic, partition, begin);
  keep_by("compact");
}

pipeline::WorkerConfig KafkaHarness::hasty(pipeline::WorkerConfig config) const {
  config.kafka.client["transaction.timeout.ms"] = "1000";
  return config;
}

}  // namespace freshet::test
