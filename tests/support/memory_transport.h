// MemoryTransport: Transport on a MemoryBroker: one process's life in the group.
//
// A transaction ends with the assignment under which it was opened: what is open behind on_revoked
// and on_lost is aborted.
//
//   memory_consumer   member, batches, positions     memory_producer   outputs, transactions
//
// Destroying one that was not closed is a crash: its unflushed records are lost, its open
// transaction stays until it is fenced or timed out, and its membership until it is replaced or
// MemoryBroker::expire(member_id()).
//
// Errors:  as pipeline/transport.h; misuse (start_at where nothing is assigned or something was
//          read, poll before subscribe, after close or from a listener, a commit with records that
//          were not flushed) is a failed CHECK
// Threads: one; several transports may use one broker from several threads
// Oracle:  tests/contract/pipeline
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/support/memory_consumer.h"
#include "tests/support/memory_producer.h"

namespace freshet::test {

class MemoryTransport final : public pipeline::Transport, private pipeline::RebalanceListener {
 public:
  // Takes group, topics and delivery from the configuration. With an `instance` it is the group's
  // static member of that name, and the one user of the transactional id that the name gives;
  // without, it is a dynamic member with a transactional id that no other will have. Requires: the
  // broker outlives it.
  MemoryTransport(MemoryBroker* broker, const pipeline::WorkerConfig& config,
                  std::string instance = {});

  // Creates the changelog topic where the application has one and it is missing.
  Status subscribe(pipeline::RebalanceListener* listener) override;
  Result<pipeline::RecordBatch> poll(std::chrono::milliseconds timeout,
                                     std::size_t records_max) override;
  Status start_at(Partition partition, Position position) override;
  Result<std::int32_t> partition_count() override;
  Result<std::vector<std::optional<pipeline::CommittedPosition>>> committed(
      std::span<const Partition> partitions) override;
  Result<PositionRange> range(Partition partition) override;
  Result<std::optional<Position>> position_for_time(Partition partition, EventTime time) override;
  std::optional<Position> known_end(Partition partition) const override;
  Status ask_brokers(std::chrono::milliseconds timeout) override;
  Status send(const pipeline::OutputRecord& record) override;
  Status flush(std::chrono::milliseconds timeout) override;
  Result<pipeline::ChangelogPositions> commit(
      std::span<const pipeline::PartitionCommit> partitions) override;
  Result<std::optional<pipeline::ChangelogPositions>> try_commit(
      std::span<const pipeline::PartitionCommit> partitions) override;
  // A static member keeps its place in the group until its session runs out.
  Status close() override;

  // What the group knows this transport by; changes when an expired member joins again.
  MemberId member_id() const { return consumer_.member_id(); }
  const std::string& transactional_id() const { return producer_.transactional_id(); }
  const std::string& who() const { return who_; }  // its name at the hooks

 private:
  Status on_assigned(std::span<const Partition> partitions) override;
  Status on_revoked(std::span<const Partition> partitions) override;
  Status on_lost(std::span<const Partition> partitions) override;
  template <class Answer>
  Result<Answer> asked(BrokerCall call, const std::function<Result<Answer>()>& request);
  Status find_topics();
  Status may_commit(std::span<const pipeline::PartitionCommit> partitions) const;

  MemoryBroker* broker_;
  std::string who_;
  pipeline::WorkerConfig config_;
  MemoryConsumer consumer_;
  MemoryProducer producer_;
  pipeline::RebalanceListener* listener_ = nullptr;
};

}  // namespace freshet::test
