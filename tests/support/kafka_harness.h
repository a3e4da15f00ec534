// TransactionHarness on the real broker: topics and a group of this test alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/kafka/kafka_producer.h"
#include "pipeline/kafka/kafka_transport.h"
#include "tests/support/transaction_harness.h"

namespace freshet::test {

class KafkaHarness final : public TransactionHarness {
 public:
  KafkaHarness();
  explicit KafkaHarness(const std::string& bootstrap);

  const pipeline::WorkerConfig& config() const override { return config_; }
  std::unique_ptr<pipeline::Transport> open(const pipeline::WorkerConfig& config) override;
  Offset append(Partition partition, StoredRecord record) override;
  // The same for many, in order; quick.
  void append_all(Partition partition, const std::vector<StoredRecord>& records);
  std::vector<StoredRecord> records(const std::string& topic) override;
  // A member of this configuration that is not polled for 1.5 s leaves the group.
  pipeline::WorkerConfig impatient_config() const override;
  void expire(pipeline::Transport*) override {}

  std::unique_ptr<pipeline::Transport> open_as(const pipeline::WorkerConfig& config,
                                               const std::string& instance) override;
  std::unique_ptr<pipeline::ChangelogReader> open_reader(
      const pipeline::WorkerConfig& config) override;
  std::unique_ptr<ForeignWriter> open_writer() override;
  std::string changelog_topic() const override;
  // Closes the log's segment with a record of a key of its own.
  void compact(Partition partition) override;
  void trim(const std::string& topic, Partition partition, Position begin) override;
  pipeline::WorkerConfig hasty(pipeline::WorkerConfig config) const override;
  void time_out(pipeline::Transport*) override {}  // a second or two does

 private:
  void hand_over(Partition partition, const StoredRecord& record);

  pipeline::WorkerConfig config_;
  std::unique_ptr<pipeline::KafkaProducer> producer_;
  pipeline::KafkaTopic input_;
  std::vector<std::int64_t> next_;  // [partition]: the offset of the next append
};

}  // namespace freshet::test
