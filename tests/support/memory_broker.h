// MemoryBroker: topics, partitions and consumer groups in memory, for tests of what runs on them.
//
// Keeps what a real broker promises and is no more polite: commits are fenced by generation, a
// rebalance waits until every member has polled, a record that was not flushed is lost with its
// producer, positions outside the log are errors, offsets have gaps where a test puts them.
//
//   group:  empty --join--> preparing --every member has rejoined--> stable
//                              ^------- join, leave, expire ------------'
//
// Assignment is eager and by range: neighbouring partitions, members in join order.
//
// Errors:  as pipeline/transport.h; misuse by a test is a failed CHECK
// Threads: any; the listeners are called on their transport's thread, without a lock held
// Oracle:  tests/contract/pipeline/transport_contract.h, which the real broker passes too
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "common/log_position.h"
#include "common/status.h"
#include "common/time.h"
#include "pipeline/config/config.h"
#include "pipeline/events/record.h"
#include "pipeline/transport.h"

namespace freshet::test {

// A record as it lies in a topic.
struct StoredRecord {
  Partition partition;
  Offset offset;
  std::optional<EventTime> timestamp;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<pipeline::Header> headers;
};

using MemberId = std::uint64_t;

// The calls of a transport that a test can make fail.
enum class BrokerCall {
  kSubscribe,
  kPoll,
  kCommitted,
  kBeginPosition,
  kAsk,
  kSend,
  kFlush,
  kCommit
};
void PrintTo(BrokerCall call, std::ostream* out);  // for the names of tests

class MemoryBroker {
 public:
  // Requires: the topic does not exist yet, partition_count > 0.
  void create_topic(const std::string& topic, std::int32_t partition_count);

  // Appends to a partition and returns the record's offset; partition and offset of `record` are
  // filled in. Requires: the partition exists.
  Offset append(const std::string& topic, Partition partition, StoredRecord record);
  // The same, to the partition that Kafka's default partitioner gives the key.
  Offset append(const std::string& topic, StoredRecord record);
  // Leaves `count` offsets out, as control records and aborted transactions do.
  void skip_offsets(const std::string& topic, Partition partition, std::int64_t count);
  // Retention: everything below `begin` is gone. Requires: begin <= end.
  void trim(const std::string& topic, Partition partition, Position begin);

  // What a topic holds, by partition, then offset.
  std::vector<StoredRecord> records(const std::string& topic) const;
  std::optional<pipeline::CommittedPosition> committed(const std::string& group,
                                                       Partition partition) const;

  // The member's session has run out: the group goes on without it, and it learns of that at its
  // next poll, as lost partitions.
  void expire(MemberId member);

  // The next call of this kind, by any transport, fails with `error` and does nothing. Several
  // failures of one kind happen in the order they were asked for.
  void fail_next(BrokerCall call, Error error);

  // Whether records are visible before their flush, as a real producer may make them. Off at first.
  void deliver_at_once(bool at_once);

 private:
  friend class MemoryTransport;

  struct Log {
    std::vector<StoredRecord> records;  // ascending offsets
    Position begin;
    Position end;
  };
  struct Member {
    MemberId id = 0;
    std::vector<Partition> partitions;  // of its generation
    bool rejoined = false;              // has given its partitions back, waits for the others
    bool told = true;                   // knows its partitions
  };
  struct Group {
    std::string topic;
    std::int64_t generation = 0;
    bool preparing = false;
    std::vector<Member> members;  // in join order
    std::map<Partition, pipeline::CommittedPosition> committed;
  };

  // All of these require the lock.
  Log& log_of(const std::string& topic, Partition partition);
  const std::vector<Log>* find_topic(const std::string& topic) const;
  MemberId join(const std::string& group, const std::string& topic);
  void leave(const std::string& group, MemberId member);
  static Member* find_member(Group* group, MemberId member);
  void prepare_rebalance(Group* group);
  void complete_rebalance_if_all_rejoined(Group* group);
  Status take_failure(BrokerCall call);
  Offset append_locked(const std::string& topic, Partition partition, StoredRecord record);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<Log>> topics_;
  std::map<std::string, Group> groups_;
  std::map<BrokerCall, std::deque<Error>> failures_;
  MemberId last_member_ = 0;
  bool deliver_at_once_ = false;
};

}  // namespace freshet::test
