// What tests of whole tasks and workers share: a small served model, a clock of their own, events
// as JSON, random logs, and one partition's life through Task (TaskRun).
//
// Errors:  a failed CHECK where the test asks for what cannot be
// Threads: one, but for what is said of MemoryBroker
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "pipeline/config/config.h"
#include "pipeline/scoring/served_model.h"
#include "pipeline/state/state_report.h"
#include "pipeline/task/task.h"
#include "scorer/model/model_init.h"
#include "stateful/memory_state_store.h"
#include "tests/support/memory_broker.h"

namespace freshet::test {

// An event time well inside the accepted range; tests count from it.
inline constexpr std::int64_t kBaseMs = 1'602'633'600'000;

class ManualClock final : public Clock {
 public:
  EventTime now() const override { return {kBaseMs + ms_}; }
  std::int64_t monotonic_ms() const override { return ms_; }
  void advance(std::int64_t ms) { ms_ += ms; }

 private:
  std::int64_t ms_ = 0;
};

// The configuration that the text says. Requires: the text is valid.
pipeline::WorkerConfig config_of(std::string_view yaml);

// Items v0, v1, ..., a model of every configured behaviour, small layers.
scorer::ModelInitOptions small_model(const pipeline::WorkerConfig& config, std::size_t items = 8);
std::shared_ptr<const pipeline::ServedModel> serve(scorer::Model model,
                                                   const pipeline::WorkerConfig& config);

// Events as their producer writes them; `ms` counts from kBaseMs.
std::string click_json(std::string_view user, std::string_view item, std::int64_t ms,
                       std::string_view type = "click");
std::string impression_json(std::string_view user, std::string_view item, std::int64_t ms,
                            bool label);
std::string request_json(std::string_view user, std::int64_t ms,
                         const std::vector<std::string>& candidates);

// A record of partition 0, keyed by `user`; its offset is the caller's to set.
StoredRecord keyed_record(std::string_view user, std::string value);
pipeline::InputRecord view_of(const StoredRecord& record);

// A short log of one partition with everything in it that a log may hold: few users and items, so
// that clicks meet; late, repeated and unreadable records, tombstones, offset gaps.
std::vector<StoredRecord> random_log(Random* random, std::size_t records,
                                     const pipeline::WorkerConfig& config);

// An output as one line, key and headers included: what two runs are compared by.
std::string line_of(const pipeline::OutputRecord& output);
// The reason that a dead letter carries; empty for scores.
std::string reason_of(const std::vector<pipeline::Header>& headers);

// One partition's life: tasks that start from what the group and the store hold, and end cleanly
// or by a crash. The "group" is the position kept here.
class TaskRun {
 public:
  // What `context` points to outlives the run. `committed` is what an earlier run left in the
  // group.
  TaskRun(const pipeline::TaskContext& context, std::size_t cache_bytes,
          std::optional<pipeline::CommittedPosition> committed = std::nullopt);

  // Starts a task as the worker does. Requires: none runs.
  Status start();
  pipeline::Task& task() { return *task_; }
  // What the task makes of the record: its main output alone, none where nothing is published.
  Result<std::optional<pipeline::OutputRecord>> process(const pipeline::InputRecord& record);

  // The position goes to the group, if there is one; false when there is nothing to commit.
  bool commit_position(pipeline::Task::Save save);
  // The batch of the last commit_position goes to the store.
  Status save_batch();
  // What the worker does between two records, as long as there is something due.
  void step_until_done();
  bool commit(pipeline::Task::Save save);  // all of it
  void crash() { task_.reset(); }
  void close() {
    commit(pipeline::Task::Save::kEverything);
    static_cast<void>(task_->finish_save());
    crash();
  }

  const std::optional<pipeline::CommittedPosition>& committed() const { return committed_; }

 private:
  pipeline::TaskContext context_;
  std::size_t cache_bytes_;
  std::unique_ptr<pipeline::Task> task_;
  std::optional<pipeline::CommittedPosition> committed_;
  std::optional<pipeline::TaskCommit> prepared_;
};

// The logical digest of partition 0, by scan. Fails the CHECK where the store is not sound.
stateful::Digest logical_digest(stateful::StateStore* store, const pipeline::WorkerConfig& config);

}  // namespace freshet::test
