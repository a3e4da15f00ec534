// What the transport contract needs of a broker to be run on it: topics, appends, and a look at the
// outputs. One harness is one test's world: its own topics and its own group.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/transport.h"
#include "tests/support/memory_broker.h"

namespace freshet::test {

inline constexpr std::int32_t kContractPartitions = 4;

class TransportHarness {
 public:
  virtual ~TransportHarness() = default;

  // The configuration that open() uses; topics of these names exist, kContractPartitions each.
  virtual const pipeline::WorkerConfig& config() const = 0;
  virtual std::unique_ptr<pipeline::Transport> open(const pipeline::WorkerConfig& config) = 0;
  virtual Offset append(Partition partition, StoredRecord record) = 0;
  virtual std::vector<StoredRecord> records(const std::string& topic) = 0;
  // Makes the group go on without this member, which is not polled meanwhile. Only for transports
  // of impatient_config().
  virtual pipeline::WorkerConfig impatient_config() const = 0;
  virtual void expire(pipeline::Transport* transport) = 0;
};

// A listener that starts every partition at a chosen position, and notes what it was told.
class NotingListener final : public pipeline::RebalanceListener {
 public:
  explicit NotingListener(pipeline::Transport* transport) : transport_(transport) {}

  Status on_assigned(std::span<const Partition> partitions) override {
    events.push_back("assigned");
    if (assign_errors > 0) {
      --assign_errors;
      return error(ErrorCode::kUnavailable, "not yet");
    }
    for (const Partition partition : partitions) {
      const auto start = starts.find(partition);
      const Position position = start == starts.end() ? Position{0} : start->second;
      if (!later.contains(partition)) {
        if (Status started = transport_->start_at(partition, position); !started) return started;
      }
      assigned.insert(partition);
    }
    return {};
  }

  Status on_revoked(std::span<const Partition> partitions) override {
    events.push_back("revoked");
    Status told = before_revoked ? before_revoked(partitions) : Status{};
    for (const Partition partition : partitions) assigned.erase(partition);
    return told;
  }

  Status on_lost(std::span<const Partition> partitions) override {
    events.push_back("lost");
    for (const Partition partition : partitions) assigned.erase(partition);
    return {};
  }

  std::map<Partition, Position> starts;  // 0 where there is none
  std::set<Partition> later;             // not started here: that is the test's to do
  std::set<Partition> assigned;
  std::vector<std::string> events;
  int assign_errors = 0;  // so many calls of on_assigned fail first
  std::function<Status(std::span<const Partition>)> before_revoked;

 private:
  pipeline::Transport* transport_;
};

// A transport with its listener, and what it has read.
struct ContractMember {
  explicit ContractMember(std::unique_ptr<pipeline::Transport> opened)
      : transport(std::move(opened)), listener(transport.get()) {}

  Status join() { return transport->subscribe(&listener); }

  // One poll, its records added to `read`.
  Status poll(std::chrono::milliseconds timeout = std::chrono::milliseconds(20)) {
    const Result<pipeline::RecordBatch> batch = transport->poll(timeout, 1'000);
    if (!batch) return tl::unexpected<Error>(batch.error());
    for (const pipeline::InputRecord& record : batch->records) {
      StoredRecord copy;
      copy.partition = record.partition;
      copy.offset = record.offset;
      copy.timestamp = record.timestamp;
      if (record.key) copy.key = std::string(*record.key);
      if (record.value) copy.value = std::string(*record.value);
      read.push_back(std::move(copy));
    }
    return {};
  }

  // Whether they are committed.
  Status commit(const std::vector<pipeline::PartitionCommit>& partitions) {
    const auto committed = transport->commit(partitions);
    if (!committed) return tl::unexpected<Error>(committed.error());
    return {};
  }

  std::unique_ptr<pipeline::Transport> transport;
  NotingListener listener;
  std::vector<StoredRecord> read;
};

// Polls the members in turn until `done`; false after 30 s, or where a poll fails.
inline bool poll_until(const std::vector<ContractMember*>& members,
                       const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    for (ContractMember* member : members) {
      if (!member->poll()) return false;
    }
  }
  return true;
}

}  // namespace freshet::test
