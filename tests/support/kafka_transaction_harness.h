// TransactionHarness on the real broker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/kafka_harness.h"
#include "tests/support/transaction_harness.h"

namespace freshet::test {

class KafkaTransactionHarness final : public TransactionHarness {
 public:
  const pipeline::WorkerConfig& config() const override { return harness_.config(); }
  std::unique_ptr<pipeline::Transport> open(const pipeline::WorkerConfig& config) override;
  Offset append(Partition partition, StoredRecord record) override;
  std::vector<StoredRecord> records(const std::string& topic) override;
  pipeline::WorkerConfig impatient_config() const override;
  void expire(pipeline::Transport* transport) override { harness_.expire(transport); }

  std::unique_ptr<pipeline::Transport> open_as(const pipeline::WorkerConfig& config,
                                               const std::string& instance) override;
  std::unique_ptr<pipeline::ChangelogReader> open_reader(
      const pipeline::WorkerConfig& config) override;
  std::unique_ptr<ForeignWriter> open_writer() override;
  std::string changelog_topic() const override;
  void compact(Partition partition) override;
  void trim(Partition partition, Position begin) override;

 private:
  KafkaHarness harness_;
};

}  // namespace freshet::test
