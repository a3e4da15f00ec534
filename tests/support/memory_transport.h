// MemoryTransport: Transport on a MemoryBroker, one member of its group.
//
// Destroying one that was not closed is a crash: its unflushed records are lost and its membership
// stays until MemoryBroker::expire(member_id()).
//
// Errors:  as pipeline/transport.h; misuse (start_at outside on_assigned, poll before subscribe,
//          after close or from a listener, an on_assigned without a start_at) is a failed CHECK
// Threads: one; several transports may use one broker from several threads
// Oracle:  tests/contract/pipeline/transport_contract.h
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/memory_broker.h"

namespace freshet::test {

class MemoryTransport final : public pipeline::Transport {
 public:
  // Takes group and topics from the configuration. Requires: the broker outlives it.
  MemoryTransport(MemoryBroker* broker, const pipeline::WorkerConfig& config);

  Status subscribe(pipeline::RebalanceListener* listener) override;
  Result<pipeline::RecordBatch> poll(std::chrono::milliseconds timeout,
                                     std::size_t records_max) override;
  Status start_at(Partition partition, Position position) override;
  Result<std::int32_t> partition_count() override;
  Result<std::vector<std::optional<pipeline::CommittedPosition>>> committed(
      std::span<const Partition> partitions) override;
  Result<Position> begin_position(Partition partition) override;
  Result<Position> end_position(Partition partition) override;
  std::optional<Position> known_end(Partition partition) const override;
  Status ask_brokers(std::chrono::milliseconds) override { return {}; }
  Status send(const pipeline::OutputRecord& record) override;
  Status flush(std::chrono::milliseconds timeout) override;
  Result<pipeline::ChangelogPositions> commit(
      std::span<const pipeline::PartitionCommit> partitions) override;
  Status close() override;

  // What the group knows this transport by; changes when an expired member joins again.
  MemberId member_id() const { return member_; }

 private:
  struct Fetched;
  using Lock = std::unique_lock<std::mutex>;

  MemoryBroker::Group& group() { return broker_->groups_[group_name_]; }
  MemoryBroker::Member* member() { return MemoryBroker::find_member(&group(), member_); }
  bool in_step();
  Status catch_up(Lock* lock);
  Status give_back(Lock* lock, bool lost);
  Status take_over(Lock* lock, const std::vector<Partition>& partitions);
  Result<pipeline::RecordBatch> fetch(std::size_t records_max);
  void deliver(const pipeline::OutputRecord& record);
  const std::string& name_of(pipeline::OutputTopic topic) const;

  MemoryBroker* broker_;
  std::string group_name_;
  std::string input_;
  std::string output_;
  std::string dead_letter_;
  pipeline::RebalanceListener* listener_ = nullptr;
  MemberId member_ = 0;
  std::int64_t generation_ = 0;                            // of what is assigned
  std::map<Partition, std::optional<Position>> assigned_;  // the next to read
  std::vector<pipeline::OutputRecord> unflushed_;
  std::size_t turn_ = 0;      // which partition the next fetch begins with
  bool assigning_ = false;    // inside on_assigned
  bool in_listener_ = false;  // inside any of its calls
  bool closed_ = false;
};

}  // namespace freshet::test
