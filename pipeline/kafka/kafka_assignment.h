// What a consumer has been assigned, and the next offset that it may hand on for each partition.
//
//   begin -> waiting --start_at--> started --accept--> read      each partition by itself
//
// The guard between librdkafka's queue and the worker: a record of a partition that is not
// assigned or not started, or below the position that the partition was started at or has reached,
// is dropped, so whatever a rebalance leaves in a queue never reaches a task.
//
// Errors:  none; a misuse of start_at is a failed CHECK
// Threads: one
// Cost:    O(1) a record, no allocation but for a new highest partition
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/log_position.h"

namespace freshet::pipeline {

class KafkaAssignment {
 public:
  // Starts the assignment of `partitions`; each then waits for its start_at. Requires: none
  // assigned.
  void begin(std::vector<Partition> partitions);
  // The last call counts. Requires: contains(partition), and nothing has been read of it.
  void start_at(Partition partition, Position position);
  void clear();

  const std::vector<Partition>& partitions() const { return partitions_; }
  bool contains(Partition partition) const;
  // Where reading goes on; none of a partition that waits. Requires: contains(partition).
  std::optional<Position> next(Partition partition) const;
  std::vector<Partition> started() const;

  // True when the record is to be handed on; the partition's next position is then past it.
  bool accept(Partition partition, Offset offset);

 private:
  enum class State : std::uint8_t { kNotAssigned, kWaiting, kStarted, kRead };
  struct Slot {
    State state = State::kNotAssigned;
    Position next;
  };

  const Slot& slot(Partition partition) const;

  std::vector<Partition> partitions_;
  std::vector<Slot> slots_;  // [partition]
};

}  // namespace freshet::pipeline
