// Transport: bytes in, bytes out, positions. Files, the in-memory broker and Kafka implement it.
//
// One transport serves one worker thread: its consumer, its producer, its place in the group.
// Rebalances are reported from inside poll(), so the listener runs on the worker's own thread.
//
//   subscribe -> poll* -> [assigned: start_at each] -> poll* -> [revoked | lost] -> ... -> close
//
// Errors:  kUnavailable (try again after a pause), kFenced (close dirty and rejoin), kInvalidConfig
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
#include <vector>

#include "common/log_position.h"
#include "common/status.h"
#include "pipeline/events/record.h"

namespace freshet::pipeline {

// A group's committed position and the text that was committed with it.
struct CommittedPosition {
  Position position;
  std::string metadata;
  bool operator==(const CommittedPosition&) const = default;
};

struct PositionToCommit {
  Partition partition;
  CommittedPosition committed;
};

class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  // Must call Transport::start_at for each partition before it returns.
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

  // Reads `partition` from `position` on. Only inside on_assigned; repeated, the last one holds.
  virtual Status start_at(Partition partition, Position position) = 0;

  // Whether a new transport could read what this one missed. A file has nothing else to give.
  virtual bool can_read_again() const { return true; }

  virtual Result<std::int32_t> partition_count() = 0;  // of the input topic
  // The group's committed positions, in the order asked for; none where nothing is committed.
  virtual Result<std::vector<std::optional<CommittedPosition>>> committed(
      std::span<const Partition> partitions) = 0;
  virtual Result<Position> begin_position(Partition partition) = 0;  // the first that is retained
  virtual Result<Position> end_position(Partition partition) = 0;    // after the last stable record
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

  // Commits positions for the group, synchronously. kFenced when the generation is over.
  virtual Status commit(std::span<const PositionToCommit> positions) = 0;

  // Leaves the group; calls on_revoked first for what is assigned. Idempotent.
  virtual Status close() = 0;
};

}  // namespace freshet::pipeline
