// What a worker commits and when, and the steps between two records that leave little for a commit.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "common/crash_point.h"
#include "pipeline/log/log.h"
#include "pipeline/status/commit_times.h"
#include "pipeline/status/duration_timer.h"
#include "pipeline/worker/worker.h"

namespace freshet::pipeline {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFlushTimeout{1'000};
// How long one turn of the loop goes on with steps that are due.
constexpr std::int64_t kStepsMs = 2;

}  // namespace

Status Worker::commit_first_starts() {
  const std::vector<Task*> tasks = tasks_.all();
  const bool any = std::any_of(tasks.begin(), tasks.end(),
                               [](const Task* task) { return task->needs_first_commit(); });
  return any ? commit(Task::Save::kScheduled) : Status{};
}

Status Worker::commit_if_due() {
  const std::int64_t now = context_.clock->monotonic_ms();
  if (now - last_commit_ms_ < context_.config->commit.interval.value &&
      records_since_commit_ < context_.config->commit.records_max &&
      bytes_beside_ < kBesideBytesPerCommit && !commit_is_urgent_) {
    return {};
  }
  last_commit_ms_ = now;
  records_since_commit_ = 0;
  bytes_beside_ = 0;
  commit_is_urgent_ = false;
  Status committed = commit(Task::Save::kScheduled);
  if (committed) tasks_.serve_newest();
  return committed;
}

Status Worker::commit(Task::Save save_what) {
  CommitTimes times;
  if (Status finished = finish_saves(); !finished) return finished;
  times.end_of(CommitTimes::Part::kStore);
  std::vector<std::pair<Task*, TaskCommit>> commits;
  for (Task* task : tasks_.all()) {
    std::optional<TaskCommit> prepared = task->prepare_commit(save_what);
    if (prepared) commits.emplace_back(task, std::move(*prepared));
  }
  if (commits.empty()) return {};
  std::vector<PartitionCommit> partitions;
  for (const auto& [task, prepared] : commits) partitions.push_back(partition_commit(prepared));
  times.end_of(CommitTimes::Part::kPrepare);
  ChangelogPositions changelog_positions;
  {
    const DurationTimer timer(&context_.counters->commit_duration);
    Status flushed =
        persist(Operation::kFlush, [this] { return transport_->flush(kFlushTimeout); });
    if (!flushed) return flushed;
    times.end_of(CommitTimes::Part::kFlush);
    Status committed = persist(Operation::kCommit, [&]() -> Status {
      Result<ChangelogPositions> done = transport_->commit(partitions);
      if (!done) return tl::unexpected(done.error());
      changelog_positions = std::move(*done);
      return {};
    });
    if (!committed) return committed;
  }
  times.end_of(CommitTimes::Part::kTransaction);
  crash_point("before_batch");
  for (const auto& [task, prepared] : commits) {
    task->note_committed();
    restarts_.note_committed(task->partition(), task->committed());
  }
  std::size_t users_saved = 0;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    auto& [task, prepared] = commits[i];
    prepared.batch->marker.changelog_position = changelog_positions[i];
    if (Status saved = save(task, prepared); !saved) return saved;
    users_saved += prepared.batch->users.size();
  }
  times.end_of(CommitTimes::Part::kStore);
  std::size_t users_changed = 0;
  for (const Task* task : tasks_.all()) users_changed += task->changed_users();
  times.note_longest_step(std::exchange(longest_step_, {}));
  log_debug(times.line(commits.size(), users_saved, users_changed));
  return {};
}

Status Worker::save(Task* task, const TaskCommit& commit) {
  Status saved = persist(Operation::kSaveState, [&] { return task->post_commit(commit); });
  if (!saved) return recoverable(task, saved.error());
  return {};
}

Status Worker::finish_saves() {
  for (Task* task : tasks_.all()) {
    const Status saved = persist(Operation::kSaveState, [&] { return task->finish_save(); });
    if (!saved) return recoverable(task, saved.error());
  }
  return {};
}

// The tasks take turns.
Result<bool> Worker::step() {
  const std::vector<Task*> tasks = tasks_.all();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Result<bool> stepped = step_of(tasks[next_step_++ % tasks.size()]);
    if (!stepped || *stepped) return stepped;
  }
  return false;
}

Result<bool> Worker::step_of(Task* task) {
  const steady_clock::time_point begin = steady_clock::now();
  Result<bool> stepped = task->step();
  if (!stepped && stepped.error().code == ErrorCode::kUnavailable) {
    const Status done = persist(Operation::kSaveState, [&]() -> Status {
      stepped = task->step();
      if (!stepped) return tl::unexpected(stepped.error());
      return {};
    });
    if (!done) stepped = tl::unexpected(done.error());
  }
  if (!stepped) return recoverable(task, stepped.error());
  longest_step_ = std::max(longest_step_,
                           std::chrono::duration_cast<microseconds>(steady_clock::now() - begin));
  return stepped;
}

Status Worker::relieve(Task* task) {
  if (task->must_commit()) {
    commit_is_urgent_ = true;
    if (Status committed = commit_if_due(); !committed) return committed;
  }
  const Result<bool> stepped = step_of(task);
  return stepped ? Status{} : tl::unexpected(stepped.error());
}

Status Worker::step_until_done() {
  const std::int64_t until = context_.clock->monotonic_ms() + kStepsMs;
  while (true) {
    const Result<bool> stepped = step();
    if (!stepped) return tl::unexpected(stepped.error());
    if (!*stepped || context_.clock->monotonic_ms() >= until) return {};
  }
}

}  // namespace freshet::pipeline
