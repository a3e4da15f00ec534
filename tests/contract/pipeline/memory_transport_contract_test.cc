// The transport contract on the in-memory broker.
#include "tests/contract/pipeline/transport_group_contract.h"
#include "tests/contract/pipeline/transport_records_contract.h"
#include "tests/support/memory_transport.h"

namespace freshet::test {
namespace {

class MemoryHarness final : public TransportHarness {
 public:
  MemoryHarness() {
    for (const std::string& topic :
         {config_.kafka.input, config_.kafka.output, config_.kafka.dead_letter}) {
      broker_.create_topic(topic, kContractPartitions);
    }
  }

  const pipeline::WorkerConfig& config() const override { return config_; }
  std::unique_ptr<pipeline::Transport> open(const pipeline::WorkerConfig& config) override {
    return std::make_unique<MemoryTransport>(&broker_, config);
  }
  Offset append(Partition partition, StoredRecord record) override {
    return broker_.append(config_.kafka.input, partition, std::move(record));
  }
  std::vector<StoredRecord> records(const std::string& topic) override {
    return broker_.records(topic);
  }
  pipeline::WorkerConfig impatient_config() const override { return config_; }
  void expire(pipeline::Transport* transport) override {
    broker_.expire(dynamic_cast<MemoryTransport&>(*transport).member_id());
  }

 private:
  pipeline::WorkerConfig config_;
  MemoryBroker broker_;
};

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TransportGroup, MemoryHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TransportRecords, MemoryHarness);

}  // namespace freshet::test
