// What a consumer has been assigned, and the next offset that it may hand on for each partition.
//
// The guard between librdkafka's queue and the worker: a record of a partition that is not
// assigned, or below the position that the partition was started at or has reached, is dropped, so
// whatever a rebalance leaves in a queue never reaches a task.
//
// Errors:  none; a misuse of start_at is a failed CHECK
// Threads: one
// Cost:    O(1) a record, no allocation but for a new highest partition
#pragma once

#include <cstdint>
#include <vector>

#include "common/log_position.h"

namespace freshet::pipeline {

class KafkaAssignment {
 public:
  // Starts the assignment of `partitions`; each then needs its start_at. Requires: none assigned.
  void begin(std::vector<Partition> partitions);
  // The last call counts: a listener may have to begin again. Requires: contains(partition).
  void start_at(Partition partition, Position position);
  bool complete() const;  // every partition has its position
  void clear();

  const std::vector<Partition>& partitions() const { return partitions_; }
  bool contains(Partition partition) const;
  // Requires: contains(partition), complete().
  Position next(Partition partition) const;

  // True when the record is to be handed on; the partition's next position is then past it.
  bool accept(Partition partition, Offset offset);

 private:
  static constexpr std::int64_t kNotAssigned = -1;
  static constexpr std::int64_t kNoPosition = -2;

  std::vector<Partition> partitions_;
  std::vector<std::int64_t> next_;  // [partition], or one of the two above
};

}  // namespace freshet::pipeline
