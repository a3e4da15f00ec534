// Restorer: several partitions' restores over one changelog reader, one step at a time.
//
// Errors:  a restore's end in its outcome; kUnavailable ends none: the same step is due again
//          after a pause
// Threads: one. Memory: a batch of records, and each restore's batch of users
// Oracle:  tests/unit/pipeline/restore_thread_test.cc; tests/sim
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "pipeline/restore/partition_restore.h"
#include "pipeline/restore/restore_runner.h"

namespace freshet::pipeline {

struct RestoreContext {
  stateful::StateStore* store = nullptr;
  const Clock* clock = nullptr;
  ChangelogReaderFactory open_reader;  // called with the first restore
  RestoreLimits limits;
};

class Restorer final : public RestoreRunner {
 public:
  // Everything that is pointed to outlives it.
  explicit Restorer(RestoreContext context) : context_(std::move(context)) {}

  void start(RestoreRequest request) override;
  void cancel(Partition partition) override;
  // Steps first, without waiting.
  std::vector<RestoreOutcome> take_ended() override;
  std::vector<RestoreProgress> progress() const override;
  RestoreTrouble trouble() const override { return trouble_; }

  bool idle() const { return restores_.empty(); }
  // Brings every restore on, waiting up to `timeout` for records. kUnavailable where that was not
  // possible: a pause is due.
  Status step(std::chrono::milliseconds timeout);
  std::vector<RestoreOutcome> ended() { return std::exchange(ended_, {}); }

 private:
  Status advance(std::chrono::milliseconds timeout);
  Status step_all();
  Status fail(const Error& error);
  void end(Partition partition, Result<std::optional<stateful::StoredMarker>> outcome);
  void log_restored(const RestoreProgress& restore) const;
  void log_progress();

  RestoreContext context_;
  std::unique_ptr<ChangelogReader> reader_;
  std::map<Partition, PartitionRestore> restores_;
  std::vector<RestoreOutcome> ended_;
  RestoreTrouble trouble_;
  std::int64_t begun_ms_ = 0;   // the first of those under way
  std::int64_t logged_ms_ = 0;  // the last line on progress
};

}  // namespace freshet::pipeline
