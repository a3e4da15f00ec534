#include "tests/support/memory_harness.h"

#include <utility>

#include "common/check.h"
#include "pipeline/config/changelog_name.h"
#include "tests/support/memory_changelog_reader.h"
#include "tests/support/memory_transport.h"

namespace freshet::test {
namespace {

class MemoryForeignWriter final : public ForeignWriter {
 public:
  MemoryForeignWriter(MemoryBroker* broker, std::string group)
      : broker_(broker), group_(std::move(group)) {
    Result<ProducerEpoch> epoch = broker_->init_producer(broker_->unique_name());
    FRESHET_CHECK(epoch);
    epoch_ = std::move(*epoch);
  }

  void begin() override {}
  void write(const std::string& topic, Partition partition, const StoredRecord& record) override {
    FRESHET_CHECK(broker_->produce(epoch_, {topic, partition}, record));
  }
  void send_offset(Partition partition, Position position) override {
    const pipeline::PartitionCommit entry{partition, {position, "foreign"}, {}};
    FRESHET_CHECK(broker_->send_offsets(epoch_, nobody_of(group_), {&entry, 1}));
  }
  void commit() override {
    FRESHET_CHECK(broker_->end_transaction(epoch_, TransactionEnd::kCommit));
  }
  void abort() override { FRESHET_CHECK(broker_->end_transaction(epoch_, TransactionEnd::kAbort)); }

 private:
  MemoryBroker* broker_;
  std::string group_;
  ProducerEpoch epoch_;
};

}  // namespace

MemoryHarness::MemoryHarness() {
  // What moves records and positions alone; suites of transactions ask for theirs.
  config_.delivery = pipeline::Delivery::kAtLeastOnce;
  config_.changelog = false;
  for (const std::string& topic :
       {config_.kafka.input, config_.kafka.output, config_.kafka.dead_letter, changelog_topic()}) {
    broker_.create_topic(topic, kContractPartitions);
  }
}

std::unique_ptr<pipeline::Transport> MemoryHarness::open(const pipeline::WorkerConfig& config) {
  return std::make_unique<MemoryTransport>(&broker_, config);
}

Offset MemoryHarness::append(Partition partition, StoredRecord record) {
  return broker_.append(config_.kafka.input, partition, std::move(record));
}

std::vector<StoredRecord> MemoryHarness::records(const std::string& topic) {
  return broker_.records(topic);
}

void MemoryHarness::expire(pipeline::Transport* transport) {
  broker_.expire(dynamic_cast<MemoryTransport&>(*transport).member_id());
}

std::unique_ptr<pipeline::Transport> MemoryHarness::open_as(const pipeline::WorkerConfig& config,
                                                            const std::string& instance) {
  return std::make_unique<MemoryTransport>(&broker_, config, instance);
}

std::unique_ptr<pipeline::ChangelogReader> MemoryHarness::open_reader(
    const pipeline::WorkerConfig& config) {
  return std::make_unique<MemoryChangelogReader>(&broker_, config);
}

std::unique_ptr<ForeignWriter> MemoryHarness::open_writer() {
  return std::make_unique<MemoryForeignWriter>(&broker_, config_.application_id);
}

std::string MemoryHarness::changelog_topic() const { return pipeline::changelog_topic(config_); }

void MemoryHarness::compact(Partition partition) {
  broker_.compact(changelog_topic(), partition, EventTime{0});
}

void MemoryHarness::trim(const std::string& topic, Partition partition, Position begin) {
  broker_.trim(topic, partition, begin);
}

void MemoryHarness::time_out(pipeline::Transport* transport) {
  broker_.time_out_transaction(dynamic_cast<MemoryTransport&>(*transport).transactional_id());
}

}  // namespace freshet::test
