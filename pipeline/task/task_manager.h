// TaskManager: assigned, revoked and lost partitions -> tasks.
//
//   assign --> restoring (where there is a changelog) --start_restored--> a task, which reads
//
// Errors:  of assign() and start_restored(): what plan_task_start refuses, and what transport,
// store
//          and restores say
// Threads: one, the worker's
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/log_position.h"
#include "common/status.h"
#include "pipeline/status/status_board.h"
#include "pipeline/task/task.h"
#include "pipeline/transport.h"

namespace freshet::pipeline {

class TaskManager {
 public:
  // `cache_bytes` is shared evenly by the tasks that there are at an assignment. The board hears a
  // beat for each task that is started, as brokers may take their time for each.
  TaskManager(const TaskContext& context, std::size_t cache_bytes, StatusBoard* board)
      : context_(context), cache_bytes_(cache_bytes), board_(board) {}

  // Plans and creates a task for each partition and tells the transport where to start; where there
  // is a changelog, begins the restores that come before that. May be repeated after an error.
  Status assign(std::span<const Partition> partitions, Transport* transport);
  // Does the same for the partitions whose restore is over.
  Status start_restored(Transport* transport);

  // Whether serve_newest() would do something now.
  bool have_newer() const;
  // Has all tasks go over to the newest model, where it is another. Requires: behind a commit, so
  // that all of a task's outputs are committed.
  void serve_newest();
  // Pools users anew after a swap, for a moment: short where there are records to process.
  void repool(bool idle);

  // Drops the tasks' memory; nothing is written.
  void close(std::span<const Partition> partitions);
  void close_all();

  // The partition's task, or null when it is not assigned.
  Task* find(Partition partition);
  std::vector<Task*> all();
  // Of the input topic, as the last assignment found it.
  std::optional<std::int32_t> partition_count() const { return partition_count_; }
  bool is_restoring(Partition partition) const { return restoring_.contains(partition); }

 private:
  // A partition that is assigned, until its task is made.
  struct Starting {
    stateful::OwnerToken owner;
    std::optional<CommittedPosition> committed;
    std::size_t cache_bytes = 0;
  };

  Result<std::optional<stateful::StoredMarker>> read_marker(Partition partition,
                                                            stateful::OwnerToken owner);
  Status restore(Partition partition, const Starting& starting,
                 std::optional<stateful::StoredMarker> stored, Transport* transport);
  Result<InputReach> reach_of(Partition partition, const PositionRange& range,
                              const CommittedPosition& committed, Transport* transport) const;
  std::string fingerprint(Partition partition) const;
  Status start_task(Partition partition, const Starting& starting,
                    const std::optional<stateful::StoredMarker>& stored, Transport* transport);

  // A start that is refused, as the loop takes it: kFenced where the group has gone on since its
  // positions were fetched, as then they were old and nothing is wrong.
  tl::unexpected<Error> refused(Partition partition, const Starting& starting, const Error& why,
                                Transport* transport) const;

  TaskContext context_;
  std::size_t cache_bytes_;
  StatusBoard* board_;
  std::optional<std::int32_t> partition_count_;
  std::map<Partition, std::unique_ptr<Task>> tasks_;
  std::map<Partition, Starting> restoring_;
  std::vector<RestoreOutcome> ended_;  // restores whose task could not be started yet
};

}  // namespace freshet::pipeline
