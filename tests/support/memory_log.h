// MemoryLog: one partition of a MemoryBroker's topic, as a real broker keeps it.
//
// Records of a transaction lie in the log from the moment they are produced, and a control record
// ends them for good:
//
//   open --commit marker--> committed      an open transaction's first record holds the last stable
//     \----abort marker---> aborted        offset back: nothing at or past it is shown to anybody
//
// Aborted and control records keep their offsets and are never shown. Compaction and trimming take
// records away and move no offset.
//
// Threads: one at a time; MemoryBroker's lock holds that
// Cost:    reading O(log n) and what is read; compaction O(n)
// Oracle:  tests/contract/pipeline/changelog_contract.h, which the real broker passes too
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/log_position.h"
#include "common/time.h"
#include "pipeline/events/record.h"

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

using ProducerId = std::int64_t;
enum class TransactionEnd { kCommit, kAbort };

class MemoryLog {
 public:
  explicit MemoryLog(Partition partition) : partition_(partition) {}

  // The record's partition and offset are filled in. With a producer it is a record of that
  // producer's transaction, which its first record opens.
  Offset append(StoredRecord record, std::optional<ProducerId> producer = std::nullopt);
  // Appends the control record that ends the producer's transaction here.
  Offset append_marker(ProducerId producer, TransactionEnd end);
  // Leaves `count` offsets out.
  void skip(std::int64_t count) { end_.value += count; }

  // Retention: everything below `begin` is gone. Requires: begin() <= begin <= end().
  void trim(Position begin);
  // One run of the log cleaner over what lies below `below` and the last stable offset: of each key
  // the last committed record stays, aborted records go, and control records go once nothing of
  // their transaction is left. A tombstone, and such a control record, is found by one run and
  // taken by the first one that is `delete_retention` later. Requires: every record has a key.
  void compact(EventTime now, DurationMs delete_retention, Position below);

  Position begin() const { return begin_; }
  Position end() const { return end_; }
  Position stable_end() const;  // the last stable offset
  // The first stable record, whatever became of its transaction, as old as `time` or younger.
  std::optional<Position> position_for_time(EventTime time) const;
  bool holds(Position position) const { return begin_ <= position && position <= end_; }

  // Adds committed records from `from` on to `into`, at most records_max of them, and returns where
  // to go on: behind whatever was passed over in silence. Requires: holds(from).
  Position read(Position from, std::size_t records_max, std::vector<StoredRecord>* into) const;

 private:
  enum class Kind { kPlain, kOpen, kCommitted, kAborted, kControl };
  struct Entry {
    StoredRecord record;
    Kind kind = Kind::kPlain;
    ProducerId producer = 0;             // of a transaction's records and its marker
    std::optional<EventTime> delete_at;  // of a tombstone or marker that a run has found
  };

  static bool is_shown(const Entry& entry) {
    return entry.kind == Kind::kPlain || entry.kind == Kind::kCommitted;
  }

  Partition partition_;
  std::vector<Entry> entries_;         // ascending offsets
  std::map<ProducerId, Offset> open_;  // first record of each open transaction
  Position begin_;
  Position end_;
};

}  // namespace freshet::test
