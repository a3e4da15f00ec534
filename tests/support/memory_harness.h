// TransactionHarness on the broker in memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/memory_broker.h"
#include "tests/support/transaction_harness.h"

namespace freshet::test {

class MemoryHarness final : public TransactionHarness {
 public:
  MemoryHarness();

  const pipeline::WorkerConfig& config() const override { return config_; }
  std::unique_ptr<pipeline::Transport> open(const pipeline::WorkerConfig& config) override;
  Offset append(Partition partition, StoredRecord record) override;
  std::vector<StoredRecord> records(const std::string& topic) override;
  pipeline::WorkerConfig impatient_config() const override { return config_; }
  void expire(pipeline::Transport* transport) override;

  std::unique_ptr<pipeline::Transport> open_as(const pipeline::WorkerConfig& config,
                                               const std::string& instance) override;
  std::unique_ptr<pipeline::ChangelogReader> open_reader(
      const pipeline::WorkerConfig& config) override;
  std::unique_ptr<ForeignWriter> open_writer() override;
  std::string changelog_topic() const override;
  void compact(Partition partition) override;
  void trim(const std::string& topic, Partition partition, Position begin) override;
  pipeline::WorkerConfig hasty(pipeline::WorkerConfig config) const override { return config; }
  void time_out(pipeline::Transport* transport) override;

 private:
  pipeline::WorkerConfig config_;
  MemoryBroker broker_;
};

}  // namespace freshet::test
