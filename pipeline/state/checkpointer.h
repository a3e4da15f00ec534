// Checkpointer: when a task's changed users are saved, and how their values come into the store.
//
//   step* -> fill -> take_slice -> [step* while the group commits] -> write -> (step* -> finish)
//   -> fill ...
//
// The users that a commit has to save are encoded ahead, a few at each step between two records, so
// that the commit itself finds little left to do. The store is looked through for collection in
// steps as well. A step is bounded by the bytes that it encodes and looks at, as users may be
// large. What is committed is written beside the task's thread, where there is a SaveRunner; one
// batch at a time, so the next commit waits for it. A crash before it is written leaves the store
// behind the group, which the next start repairs.
//
// A user that was encoded ahead counts as saved from then on; the next record that changes it makes
// it changed again, from that record's offset on. So when a commit takes the slice,
//   everything below applied_from is in what is saved: a user that is not changed stands in the
//   slice, or was saved before, with all that it is made of; one that is changed has its older
//   records there, and applied_from is not above its first one since;
//   nothing at or past the committed position is: the slice holds what records below the task's own
//   position have made of its users, and a commit's position is that or a higher one.
// Errors:  of step(), write() and finish(): what the store says, and kFenced where the partition
//          has a new owner. After kUnavailable the same call may follow
// Threads: one, the task's
// Cost:    a step some 0.3 ms, or what one user takes where that is more, and where a batch has
//          come into the store its release; a write that was refused is tried again on this thread
// Oracle:  tests/property/pipeline: a restart at any point changes no output
#pragma once

#include <cstddef>
#include <memory>

#include "common/clock.h"
#include "common/log_position.h"
#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/state/partition_state.h"
#include "pipeline/state/save_runner.h"
#include "pipeline/state/save_schedule.h"
#include "pipeline/status/counters.h"
#include "stateful/state_store.h"

namespace freshet::pipeline {

// How much a commit saves.
enum class Save {
  kScheduled,   // the users that are due
  kLeaving,     // as many changed users as a group that waits for it has time for
  kEverything,  // all changed users
};

class Checkpointer {
 public:
  // How much of the store is looked at for collection behind each commit, in steps: at the default
  // commit interval 2,000 users a second, so a million of them are passed in minutes, and fewer
  // where they are large: what is to be decoded of them takes its time by the byte.
  static constexpr std::size_t kCollectUsersPerCommit = 200;
  static constexpr std::size_t kCollectBytesPerCommit = std::size_t{256} << 10;

  // What is pointed to outlives it; without `saves` batches are written at once.
  Checkpointer(const CheckpointConfig* config, const Clock* clock, stateful::StateStore* store,
               SaveRunner* saves, Counters* counters, PartitionState* state)
      : config_(config),
        clock_(clock),
        store_(store),
        saves_(saves),
        counters_(counters),
        state_(state),
        schedule_(config->interval) {}

  // A small part of what is due by now. What collection changes is changed as by a record at
  // `offset`, the next one's. False where nothing was due.
  Result<bool> step(Offset offset);

  // Whether a commit is due for the memory's sake alone: changed users crowd it, and the slice
  // takes no more of them.
  bool must_commit() const {
    return state_->is_crowded() && state_->slice_is_full(config_->bytes_per_commit);
  }

  // Brings the state's slice to what a commit of this moment saves.
  void fill(Save save);

  // Begins to write the batch of a commit whose position is committed. Requires: the one before is
  // finished. Nobody changes the batch any more.
  Status write(std::shared_ptr<const stateful::CheckpointBatch> batch);
  // Returns once it is in the store, or at once where there is none.
  Status finish();
  // Forgets it, once nobody writes any more.
  void abandon();

 private:
  const CheckpointConfig* config_;
  const Clock* clock_;
  stateful::StateStore* store_;
  SaveRunner* saves_;
  Counters* counters_;
  PartitionState* state_;
  SaveSchedule schedule_;
  std::shared_ptr<const stateful::CheckpointBatch> batch_;  // of the last commit, until it is in
  std::unique_ptr<SaveRunner::Write> write_;  // of it; none where it failed, and is the caller's
  // What the steps have still to look at of the store until the next commit.
  std::size_t users_to_collect_ = 0;
  std::size_t bytes_to_collect_ = 0;
};

}  // namespace freshet::pipeline
