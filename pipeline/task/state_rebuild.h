// StateRebuild: a store filled again from the input alone, up to what the group has committed.
//
// Each partition's records are applied without output, by the same task that `run` has, and saved
// under the marker that the group committed last, so a worker goes on from there as from its own
// checkpoint. State is a pure function of (configuration, input): what is rebuilt is what was lost.
//
// Errors:  kInvalidConfig where the input no longer holds all that the state must (by partition,
//          offset and time, with the remedy), where the group's positions are not Freshet's, and
//          where events are later than `latest`; what the store and the task say
// Threads: one
// Cost:    as reading again at a start; memory within `cache_bytes`
// Oracle:  the state of a worker that never lost it (tests/unit/pipeline, tests/e2e)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/status.h"
#include "pipeline/events/event_decoder.h"
#include "pipeline/task/task.h"
#include "pipeline/transport.h"

namespace freshet::pipeline {

// Up to where one partition is made again.
struct RebuildGoal {
  Partition partition;
  CommittedPosition committed;    // the group's
  std::optional<Position> begin;  // the first that the input retains; none: its first record's
};

struct RebuildOptions {
  std::int32_t partition_count = 0;  // of the input topic
  std::size_t cache_bytes = 0;       // shared by all partitions
  std::optional<EventTime> latest;   // refuses events that are later, and lists them
};

class StateRebuild {
 public:
  // What `context` points to outlives the rebuild; its store is empty.
  static Result<StateRebuild> create(const TaskContext& context, std::span<const RebuildGoal> goals,
                                     const RebuildOptions& options);

  // Applies a record of the input, each partition's in order; those of other partitions and those
  // at or past the committed position are left out.
  Status apply(const InputRecord& record);

  // Saves all that is not saved yet. Call once, after the last record.
  Status finish();

  std::uint64_t records() const { return records_; }

 private:
  struct Rebuilt {
    RebuildGoal goal;
    std::unique_ptr<Task> task;
    std::optional<InputRecord> first;  // without its bytes
    std::uint64_t unsaved = 0;         // records since the last save
  };
  explicit StateRebuild(const TaskContext& context, const RebuildOptions& options);
  static Status save(Task* task, Task::Save what);
  void look_at_time(const InputRecord& record);
  Status check_times() const;
  Status check_coverage(Partition partition, const Rebuilt& rebuilt) const;

  TaskContext context_;
  RebuildOptions options_;
  EventDecoder decoder_;
  std::map<Partition, Rebuilt> partitions_;
  std::uint64_t records_ = 0;
  std::uint64_t too_late_ = 0;
  std::vector<std::string> first_too_late_;  // "3:1042 (2038-01-19T03:14:07.000Z)"
};

}  // namespace freshet::pipeline
