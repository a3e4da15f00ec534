// ChangelogReader: reads partitions of the changelog, committed records alone, outside any group.
//
//   range -> start_at -> poll* -> stop      for each partition by itself, several at once
//
// Positions of aborted records and of control records are passed over in silence.
// Errors:  kUnavailable (try again), kInvalidConfig (the topic is missing, a right is),
// kCorruptState
//          (a position that the log does not hold any more: restore from nothing)
// Threads: one, which need not be the worker's
// Oracle:  tests/contract/pipeline/changelog_contract.h, run on every implementation
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "common/log_position.h"
#include "common/status.h"
#include "common/time.h"
#include "pipeline/events/record.h"

namespace freshet::pipeline {

class ChangelogReader {
 public:
  virtual ~ChangelogReader() = default;

  // What the partition holds now. Nothing at or past the end is decided (its last stable offset).
  virtual Result<PositionRange> range(Partition partition) = 0;

  // For how long a user's tombstone stays after its segment was compacted, at least: a store that
  // has not seen the changelog for longer may have missed some.
  virtual Result<DurationMs> tombstones_kept() = 0;

  // Reads `partition` from `position` on; repeated, it reads from there instead.
  virtual Status start_at(Partition partition, Position position) = 0;
  virtual void stop(Partition partition) = 0;

  // The next records of the started partitions, at most records_max; an empty batch after `timeout`
  // without any.
  virtual Result<RecordBatch> poll(std::chrono::milliseconds timeout, std::size_t records_max) = 0;

  // The next position to read of a started partition, behind whatever was passed over in silence:
  // it reaches the end of range() although no record may lie there.
  virtual Position position(Partition partition) const = 0;
};

using ChangelogReaderFactory = std::function<Result<std::unique_ptr<ChangelogReader>>()>;

}  // namespace freshet::pipeline
