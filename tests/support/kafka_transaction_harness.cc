#include "tests/support/kafka_transaction_harness.h"

#include <chrono>
#include <set>
#include <utility>

#include "common/check.h"
#include "pipeline/kafka/changelog_topic.h"
#include "pipeline/kafka/kafka_changelog_reader.h"
#include "tests/support/kafka_topic_admin.h"
#include "tests/support/kafka_transactions.h"

namespace freshet::test {
namespace {

class KafkaForeignWriter final : public ForeignWriter {
 public:
  explicit KafkaForeignWriter(const pipeline::WorkerConfig& config)
      : writer_(config.kafka.bootstrap),
        group_(config.application_id),
        input_(config.kafka.input) {}

  void begin() override { writer_.begin(); }
  void write(const std::string& topic, Partition partition, const StoredRecord& record) override {
    writer_.write(topic, partition, record);
  }
  void send_offset(Partition partition, Position position) override {
    writer_.send_position(group_, input_, partition, position);
  }
  void commit() override { writer_.commit(); }
  void abort() override { writer_.abort(); }

 private:
  TransactionalWriter writer_;
  std::string group_;
  std::string input_;
};

// Whether only the last record of each key is there.
bool is_compacted(const std::vector<StoredRecord>& records, Partition partition) {
  std::set<std::string> keys;
  for (const StoredRecord& record : records) {
    if (record.partition == partition && !keys.insert(record.key.value_or("")).second) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<pipeline::Transport> KafkaTransactionHarness::open(
    const pipeline::WorkerConfig& config) {
  return harness_.open(config);
}

Offset KafkaTransactionHarness::append(Partition partition, StoredRecord record) {
  return harness_.append(partition, std::move(record));
}

std::vector<StoredRecord> KafkaTransactionHarness::records(const std::string& topic) {
  return harness_.records(topic);
}

pipeline::WorkerConfig KafkaTransactionHarness::impatient_config() const {
  return harness_.impatient_config();
}

std::unique_ptr<pipeline::Transport> KafkaTransactionHarness::open_as(
    const pipeline::WorkerConfig& config, const std::string& instance) {
  pipeline::KafkaTransportOptions options;
  options.instance_id = config.application_id + "-" + instance;
  auto transport = pipeline::KafkaTransport::create(config, options);
  FRESHET_CHECK(transport);
  return std::move(*transport);
}

std::unique_ptr<pipeline::ChangelogReader> KafkaTransactionHarness::open_reader(
    const pipeline::WorkerConfig& config) {
  auto reader = pipeline::KafkaChangelogReader::create(config, {});
  FRESHET_CHECK(reader);
  return std::move(*reader);
}

std::unique_ptr<ForeignWriter> KafkaTransactionHarness::open_writer() {
  return std::make_unique<KafkaForeignWriter>(config());
}

std::string KafkaTransactionHarness::changelog_topic() const {
  return pipeline::changelog_topic(config());
}

void KafkaTransactionHarness::compact(Partition partition) {
  set_topic_settings(config().kafka.bootstrap, changelog_topic(),
                     {{"cleanup.policy", "compact"},
                      {"min.cleanable.dirty.ratio", "0.0001"},
                      {"segment.ms", "1"}});
  // The cleaner leaves the segment alone that is written to: a record more begins another.
  StoredRecord next;
  next.key = "next segment";
  next.value = "";
  const auto writer = open_writer();
  writer->begin();
  writer->write(changelog_topic(), partition, next);
  writer->commit();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!is_compacted(records(changelog_topic()), partition)) {
    FRESHET_CHECK(std::chrono::steady_clock::now() < deadline);
  }
}

void KafkaTransactionHarness::trim(Partition partition, Position begin) {
  delete_records(config().kafka.bootstrap, changelog_topic(), partition, begin);
}

}  // namespace freshet::test
