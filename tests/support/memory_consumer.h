// MemoryConsumer: the reading half of MemoryTransport: a group's member, batches, positions.
//
// Errors:  as pipeline/transport.h; kInvalidConfig from poll() of a static member whose place was
//          taken
// Threads: one; several consumers may use one broker from several threads
// Oracle:  tests/contract/pipeline
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/support/memory_broker.h"

namespace freshet::test {

class MemoryConsumer {
 public:
  // `who` is its name at the hooks; `instance` makes it a static member, unless empty.
  MemoryConsumer(MemoryBroker* broker, const pipeline::WorkerConfig& config, std::string who,
                 std::string instance);

  // Joins the group. Requires: the input topic exists.
  void subscribe(pipeline::RebalanceListener* listener);
  bool subscribed() const { return listener_ != nullptr; }
  Result<pipeline::RecordBatch> poll(std::chrono::milliseconds timeout, std::size_t records_max);
  Status start_at(Partition partition, Position position);
  Result<std::vector<std::optional<pipeline::CommittedPosition>>> committed(
      std::span<const Partition> partitions);
  Result<PositionRange> range(Partition partition);
  Result<std::optional<Position>> position_for_time(Partition partition, EventTime time);
  std::optional<Position> known_end(Partition partition) const;
  // Gives back what is assigned, then leaves; a static member's place stays.
  Status close();

  // As whom the assignment of now commits. It is not refreshed when the group moves on.
  const GroupMetadata& metadata() const { return metadata_; }
  bool is_assigned(Partition partition) const { return assigned_.contains(partition); }
  MemberId member_id() const { return member_; }

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Fetched;
  struct Reading {
    std::optional<Position> next;  // none before start_at
    Position shown;                // behind the last record, or where it started
    bool any = false;              // something was read: the start is fixed
  };

  MemoryGroup& group() { return broker_->group_of(metadata_.group, input_); }
  MemoryGroup::Member* member() { return group().find(member_); }
  void join();
  bool in_step();
  Result<pipeline::RecordBatch> poll_group(std::chrono::milliseconds timeout,
                                           std::size_t records_max);
  Status catch_up(Lock* lock);
  Status give_back(Lock* lock, bool lost);
  Status take_over(Lock* lock, const std::vector<Partition>& partitions);
  Result<pipeline::RecordBatch> fetch(std::size_t records_max);
  Status read(Partition partition, Reading* reading, std::size_t records_max, Fetched* fetched);

  MemoryBroker* broker_;
  std::string who_;
  std::string instance_;
  std::string input_;
  pipeline::RebalanceListener* listener_ = nullptr;
  MemberId member_ = 0;
  GroupMetadata metadata_;
  std::map<Partition, Reading> assigned_;
  std::size_t turn_ = 0;      // which partition the next fetch begins with
  bool in_listener_ = false;  // inside any of its calls
  bool closed_ = false;
};

}  // namespace freshet::test
