// Transport: bytes in, bytes out, commits. Files, the in-memory broker and Kafka implement it.
//
// One transport serves one worker thread: its consumer, its producer, its place in the group.
// Rebalances are reported from inside poll(), so the listener runs on the worker's own thread.
//
//   subscribe -> poll* -> [assigned] -> start_at each -> poll, send, commit ...
//                      -> [revoked: commit | lost] -> ... -> close
//
// A commit is one transaction: positions, changelog entries, and with exactly-once delivery every
// record that was sent since the last commit, are visible together or never. It is fenced by the
// assignment under which its first record was sent: no transaction outlives an assignment. Where no
// output is part of it, a commit may go on beside the reading and sending (try_commit).
//
// Errors:  kUnavailable (try again after a pause), kFenced (what was sent or asked to be committed
//          may or may not be visible: close dirty, make a new transport, rejoin), kInvalidConfig
//          (a topic is missing, an option is refused), kFatal (leave); each message names topic and
//          partition where there is one
// Threads: one
// Oracle:  tests/contract/pipeline, run on every implementation that has a group
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/log_position.h"
#include "common/status.h"
#include "common/time.h"
#include "pipeline/events/record.h"

namespace freshet::pipeline {

// A group's committed position and the text that was committed with it.
struct CommittedPosition {
  Position position;
  std::string metadata;
  bool operator==(const CommittedPosition&) const = default;
};

// A changelog record: a user's saved sequences, none where the user is collected. The empty key is
// the marker's.
struct ChangelogEntry {
  std::string_view key;
  std::optional<std::string_view> value;
};

// What one commit holds of one partition.
struct PartitionCommit {
  Partition partition;
  CommittedPosition committed;
  std::vector<ChangelogEntry> changelog;  // its users, then its marker; empty without a changelog
};

// Where the changelog goes on behind each partition's marker, in the order of the commit; none
// where the commit had no changelog entries for it.
using ChangelogPositions = std::vector<std::optional<Position>>;

class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  // Nothing is read of a partition until Transport::start_at says where, now or later.
  virtual Status on_assigned(std::span<const Partition> partitions) = 0;
  // The partitions still belong to this member: it may commit.
  virtual Status on_revoked(std::span<const Partition> partitions) = 0;
  // They belong to somebody else already: nothing may be committed.
  virtual Status on_lost(std::span<const Partition> partitions) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Joins the group on the input topic. Requires: the listener outlives close().
  virtual Status subscribe(RebalanceListener* listener) = 0;

  // The next records, at most records_max of them; an empty batch after `timeout` without any.
  // Calls the listener when the assignment changes, and returns its error; after an error of
  // on_assigned the next poll offers the same partitions again.
  virtual Result<RecordBatch> poll(std::chrono::milliseconds timeout, std::size_t records_max) = 0;

  // Reads `partition` from `position` on. Requires: it is assigned, and nothing has been read of it
  // under this assignment; repeated before that, the last one holds. A position that the log does
  // not hold, now or later, is kFenced from poll(): the next start tells why.
  virtual Status start_at(Partition partition, Position position) = 0;

  // Whether a new transport could read what this one missed. A file has nothing else to give.
  virtual bool can_read_again() const { return true; }

  virtual Result<std::int32_t> partition_count() = 0;  // of the input topic
  // The group's committed positions, in the order asked for; none where nothing is committed.
  // kUnavailable while a transaction that holds one of them is undecided.
  virtual Result<std::vector<std::optional<CommittedPosition>>> committed(
      std::span<const Partition> partitions) = 0;
  // What the partition holds now; its end is behind the last stable record.
  virtual Result<PositionRange> range(Partition partition) = 0;
  // The first position that is retained whose record is as old as `time` or younger, going by the
  // records' own times; none where there is none, or it is not stable. It may be an aborted one's.
  virtual Result<std::optional<Position>> position_for_time(Partition partition,
                                                            EventTime time) = 0;
  // The end of an assigned partition as the brokers told it last, without a request: what lag is
  // measured by. Where they told that nothing is left to read, it is the position behind the last
  // record, whatever control records follow. None before they told one; it may lie below what
  // poll() has returned since.
  virtual std::optional<Position> known_end(Partition partition) const = 0;

  // Whether a broker answers now: kUnavailable where none does within `timeout`. For a reader that
  // gets no records, which alone does not tell an outage from an input where nothing happens.
  virtual Status ask_brokers(std::chrono::milliseconds timeout) = 0;

  // Hands a record to the producer; it may wait for room, bounded, and then says kUnavailable
  // without having taken it.
  virtual Status send(const OutputRecord& record) = 0;
  // Returns when every record sent so far is acknowledged.
  virtual Status flush(std::chrono::milliseconds timeout) = 0;

  // Commits, synchronously: what is described above, for these partitions at once. An answer of
  // kUnavailable leaves it undecided, and the same call must follow. kFenced when the generation is
  // over, or the outcome can no longer be learnt here.
  // Requires: at least one partition, and every record that was sent before the first call has been
  // flushed.
  virtual Result<ChangelogPositions> commit(std::span<const PartitionCommit> partitions) = 0;

  // As commit(), and where outputs are no part of a commit it may return none while it is under
  // way. Records may be read, sent and flushed then: what is sent is no part of it. The same call
  // follows, or commit() in its place, which waits. `partitions` and what they refer to live until
  // an outcome is there, or on_lost or close() has returned, or the transport is destroyed.
  virtual Result<std::optional<ChangelogPositions>> try_commit(
      std::span<const PartitionCommit> partitions) {
    return commit(partitions).map([](ChangelogPositions&& behind) {
      return std::optional<ChangelogPositions>(std::move(behind));
    });
  }

  // Leaves the group; calls on_revoked first for what is assigned. What was sent and not committed
  // is aborted. Idempotent.
  virtual Status close() = 0;
};

}  // namespace freshet::pipeline
