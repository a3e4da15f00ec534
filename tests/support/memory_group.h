// MemoryGroup: one consumer group of a MemoryBroker: members, generations, committed positions.
//
//   empty --join--> preparing --every member has rejoined--> stable
//                       ^------- join, leave, expire ------------'
//
// Assignment is eager and by range: neighbouring partitions, members in join order. A member with
// an instance name is static: who joins under the name again takes the old one's place and
// partitions, at the same generation where the group is stable; the old one is a member no longer.
//
// Positions are committed plainly, or within a transaction: then they are pending until the
// transaction's marker lands here.
//
// Errors:  kFenced of a commit by a generation or a member that is not the group's
// Threads: one at a time; MemoryBroker's lock holds that
// Oracle:  tests/contract/pipeline, which the real broker passes too
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/log_position.h"
#include "common/status.h"
#include "pipeline/transport.h"
#include "tests/support/memory_log.h"

namespace freshet::test {

using MemberId = std::uint64_t;

// As whom a commit is asked for: what the member knew when it took its assignment.
struct GroupMetadata {
  std::string group;
  MemberId member = 0;
  std::int64_t generation = 0;
};

// Nobody's: a transaction may commit positions without a member, and is then fenced by its producer
// alone.
inline GroupMetadata nobody_of(const std::string& group) { return {group, 0, -1}; }

class MemoryGroup {
 public:
  struct Member {
    MemberId id = 0;
    std::string instance;               // empty: the member is dynamic
    std::vector<Partition> partitions;  // of its generation
    bool rejoined = false;              // has given its partitions back, waits for the others
    bool told = true;                   // knows its partitions
    std::int64_t heard_ms = 0;          // of the broker's clock: its last poll
  };

  MemoryGroup(std::string name, std::string topic, std::int32_t partition_count)
      : name_(std::move(name)), topic_(std::move(topic)), partition_count_(partition_count) {}

  const std::string& topic() const { return topic_; }
  // What the next assignment shares out.
  void set_partition_count(std::int32_t count) { partition_count_ = count; }
  std::int64_t generation() const { return generation_; }
  bool preparing() const { return preparing_; }
  const std::vector<Member>& members() const { return members_; }
  Member* find(MemberId member);  // null where it is no member
  // Whether somebody else took the place of this instance.
  bool is_taken(const std::string& instance, MemberId member) const;

  void join(MemberId id, const std::string& instance);
  void leave(MemberId member);
  // The member has given back what it had. Requires: it is one, and the group prepares.
  void rejoin(MemberId member);

  Status commit(const GroupMetadata& as, std::span<const pipeline::PartitionCommit> positions);
  Status commit(const GroupMetadata& as, std::span<const pipeline::PartitionCommit> positions,
                ProducerId producer);
  void end_transaction(ProducerId producer, TransactionEnd end);

  std::optional<pipeline::CommittedPosition> committed(Partition partition) const;
  // Requires, both: nobody is a member.
  void expire_positions();
  void reset_position(Partition partition, const pipeline::CommittedPosition& position);
  bool is_undecided(Partition partition) const;  // a transaction holds a position of it

 private:
  using Positions = std::map<Partition, pipeline::CommittedPosition>;

  void prepare_rebalance();
  void complete_if_all_rejoined();
  Status check(const GroupMetadata& as) const;

  std::string name_;
  std::string topic_;
  std::int32_t partition_count_;
  std::int64_t generation_ = 0;
  bool preparing_ = false;
  std::vector<Member> members_;  // in join order
  Positions committed_;
  std::map<ProducerId, Positions> pending_;
};

}  // namespace freshet::test
