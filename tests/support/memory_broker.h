// MemoryBroker: topics, transactions and consumer groups in memory, for tests of what runs on them.
//
// Keeps what a real broker promises and is no more polite: commits are fenced by generation and by
// producer epoch, a rebalance waits until every member has polled, a record that was not flushed is
// lost with its producer, positions outside the log are errors, offsets have gaps where control and
// aborted records lie, an open transaction holds readers back, its markers may land one by one.
// The parts:
//
//   memory_log   a partition    memory_transactions   the transaction coordinator
//   memory_group a group        broker_hooks          every fault
//
// Nothing is decided by a real clock or a timer: sessions and transactions end when a test says so.
//
// Errors:  as pipeline/transport.h; misuse by a test is a failed CHECK
// Threads: any; the listeners are called on their transport's thread, without a lock held
// Oracle:  tests/contract/pipeline, which the real broker passes too
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/log_position.h"
#include "common/status.h"
#include "common/time.h"
#include "pipeline/config/config.h"
#include "pipeline/transport.h"
#include "tests/support/broker_hooks.h"
#include "tests/support/memory_group.h"
#include "tests/support/memory_log.h"
#include "tests/support/memory_transactions.h"

namespace freshet::test {

class MemoryBroker {
 public:
  // Both outlive the broker. Without a clock produced records have no timestamp, and sessions and
  // transactions began at 0.
  explicit MemoryBroker(BrokerHooks* hooks = nullptr, const Clock* clock = nullptr);

  // Requires: the topic does not exist yet, partition_count > 0.
  void create_topic(const std::string& topic, std::int32_t partition_count);

  // The same where the topic is missing; nothing where it exists.
  void ensure_topic(const std::string& topic, std::int32_t partition_count);
  // Requires: it exists, nobody reads or writes it, and no transaction holds it.
  void delete_topic(const std::string& topic);
  std::int32_t partition_count(const std::string& topic) const;  // 0 where there is no such topic

  // Appends to a partition and returns the record's offset; partition and offset of `record` are
  // filled in. Requires: the partition exists.
  Offset append(const std::string& topic, Partition partition, StoredRecord record);
  // The same, to the partition that Kafka's default partitioner gives the key.
  Offset append(const std::string& topic, StoredRecord record);
  // Leaves `count` offsets out, as control records and aborted transactions do.
  void skip_offsets(const std::string& topic, Partition partition, std::int64_t count);
  // Retention: everything below `begin` is gone. Requires: begin lies in the log.
  void trim(const std::string& topic, Partition partition, Position begin);
  // A run of the log cleaner, as MemoryLog::compact; up to the last stable offset unless `below`
  // says less.
  void compact(const std::string& topic, Partition partition, EventTime now,
               std::optional<Position> below = std::nullopt);
  // The topics' delete.retention.ms, which compact() goes by. 7 days at first.
  void keep_tombstones(DurationMs span);
  DurationMs tombstones_kept() const;

  // What a topic shows to a read_committed reader, by partition, then offset.
  std::vector<StoredRecord> records(const std::string& topic) const;
  // Adds to `into` what such a reader is shown of a partition from `from` on, and returns where it
  // goes on.
  Position read(const std::string& topic, Partition partition, Position from,
                std::vector<StoredRecord>* into) const;
  std::optional<pipeline::CommittedPosition> committed(const std::string& group,
                                                       Partition partition) const;
  Position end(const std::string& topic, Partition partition) const;         // of what is written
  Position stable_end(const std::string& topic, Partition partition) const;  // of what is decided

  // A transactional producer's requests. kUnavailable (the last transaction is not complete: try
  // again), kFenced (a newer producer, or the group's next generation).
  Result<ProducerEpoch> init_producer(const std::string& transactional_id);
  Result<Offset> produce(const ProducerEpoch& producer, const TopicPartition& place,
                         StoredRecord record);
  Status send_offsets(const ProducerEpoch& producer, const GroupMetadata& as,
                      std::span<const pipeline::PartitionCommit> positions);
  Status end_transaction(const ProducerEpoch& producer, TransactionEnd end);
  // Plain ones.
  Offset produce(const TopicPartition& place, StoredRecord record);
  Status commit_positions(const GroupMetadata& as,
                          std::span<const pipeline::PartitionCommit> positions);

  // A name that no other transport on this broker has: "transport-1", ...
  std::string unique_name();

  // Markers of decided transactions that have not landed, and a landing.
  std::vector<PendingMarker> pending_markers() const;
  void land_marker(std::uint64_t number);

  std::vector<MemoryTransactions::Open> ongoing_transactions() const;
  // transaction.timeout.ms is over for the transaction that is ongoing, if one is.
  void time_out_transaction(const std::string& transactional_id);

  // transactional.id.expiration.ms is over: the next init gives another producer id, and who used
  // the id before is fenced. Requires: no transaction of it is ongoing or preparing.
  void expire_transactional_id(const std::string& transactional_id);

  struct Session {
    std::string group;
    std::string instance;  // empty: a dynamic member
    MemberId member = 0;
    std::int64_t heard_ms = 0;  // the member's last poll
  };
  std::vector<Session> sessions() const;
  // The member's session has run out: the group goes on without it, and it learns of that at its
  // next poll, as lost partitions.
  void expire(MemberId member);

  // offsets.retention.minutes is over: what the group had committed is gone. Requires: the group
  // has no members.
  void expire_positions(const std::string& group);

  // An operator sets the group's position by hand. Requires: the group has no members.
  void reset_position(const std::string& group, Partition partition,
                      const pipeline::CommittedPosition& position);

  // The next call of this kind, by anybody, fails with `error` and does nothing. Several failures
  // of one kind happen in the order they were asked for.
  void fail_next(BrokerCall call, Error error);

  // Whether records are in the log before their flush, as a real producer may make them. Off at
  // first.
  void deliver_at_once(bool at_once);
  bool delivers_at_once() const;

 private:
  friend class MemoryConsumer;
  friend class MemoryProducer;   // at()
  friend class MemoryTransport;  // at()
  friend class MemoryChangelogReader;

  // What the hooks and the failures asked for say of a call. Without the lock.
  Status at(BrokerCall call, Moment moment, const std::string& who);

  // All of these require the lock.
  MemoryLog& log_of(const std::string& topic, Partition partition);
  const MemoryLog& log_of(const std::string& topic, Partition partition) const;
  const std::vector<MemoryLog>* find_topic(const std::string& topic) const;
  MemoryGroup& group_of(const std::string& name);
  MemoryGroup& group_of(const std::string& name, const std::string& topic);
  void stamp(StoredRecord* record) const;
  std::int64_t now_ms() const { return clock_ == nullptr ? 0 : clock_->monotonic_ms(); }
  void land(std::uint64_t number);
  void land_what_lands_at_once();

  BrokerHooks* hooks_;
  const Clock* clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<MemoryLog>> topics_;
  std::map<std::string, MemoryGroup> groups_;
  MemoryTransactions transactions_;
  std::map<BrokerCall, std::deque<Error>> failures_;
  MemberId last_member_ = 0;
  std::uint64_t last_name_ = 0;
  std::uint64_t last_asked_marker_ = 0;  // each is asked for once, when it is decided
  bool deliver_at_once_ = false;
  DurationMs tombstones_kept_{7 * 86'400'000};
};

}  // namespace freshet::test
