// What a worker commits and when, and the steps between two records that leave little for a commit.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/crash_point.h"
#include "pipeline/log/log.h"
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
  const bool much_is_done = records_since_commit_ >= context_.config->commit.records_max ||
                            bytes_beside_ >= kBesideBytesPerCommit || commit_is_urgent_;
  // What is processed beside a commit is bounded as between two.
  if (Status gone_on = go_on_with_commit(much_is_done); !gone_on) return gone_on;
  if (under_way_ != nullptr) return {};
  if (now - last_commit_ms_ < context_.config->commit.interval.value && !much_is_done) return {};
  last_commit_ms_ = now;
  records_since_commit_ = 0;
  bytes_beside_ = 0;
  commit_is_urgent_ = false;
  // A new model takes over where nothing has been processed since the last committed position.
  const bool wait = tasks_.have_newer();
  if (Status begun = begin_commit(Task::Save::kScheduled); !begun) return begun;
  Status committed = go_on_with_commit(wait);
  if (committed && under_way_ == nullptr) tasks_.serve_newest();
  return committed;
}

Status Worker::commit(Task::Save save_what) {
  if (Status ended = go_on_with_commit(true); !ended) return ended;
  if (Status begun = begin_commit(save_what); !begun) return begun;
  return go_on_with_commit(true);
}

Status Worker::begin_commit(Task::Save save_what) {
  FRESHET_CHECK(under_way_ == nullptr);
  auto commit = std::make_unique<CommitUnderWay>();
  if (Status finished = finish_saves(); !finished) return finished;
  commit->times.end_of(CommitTimes::Part::kStore);
  for (Task* task : tasks_.all()) {
    std::optional<TaskCommit> prepared = task->prepare_commit(save_what);
    if (prepared) commit->commits.emplace_back(task, std::move(*prepared));
  }
  if (commit->commits.empty()) return {};
  for (const auto& [task, prepared] : commit->commits) {
    commit->partitions.push_back(partition_commit(prepared));
  }
  commit->times.end_of(CommitTimes::Part::kPrepare);
  commit->timer.emplace(&context_.counters->commit_duration);
  Status flushed = persist(Operation::kFlush, [this] { return transport_->flush(kFlushTimeout); });
  commit->times.end_of(CommitTimes::Part::kFlush);
  if (flushed) under_way_ = std::move(commit);
  return flushed;
}

Status Worker::go_on_with_commit(bool wait) {
  if (under_way_ == nullptr) return {};
  if (under_way_->is_beside) under_way_->times.end_of_beside();
  std::optional<ChangelogPositions> done;
  Status asked = persist(Operation::kCommit, [&]() -> Status {
    auto answer = wait ? transport_->commit(under_way_->partitions).map([](ChangelogPositions&& p) {
      return std::optional<ChangelogPositions>(std::move(p));
    })
                       : transport_->try_commit(under_way_->partitions);
    if (!answer) {
      wait = true;  // it is not to be hidden by what goes well beside it
      return tl::unexpected(answer.error());
    }
    done = std::move(*answer);
    return {};
  });
  if (!asked) return asked;
  under_way_->times.end_of(CommitTimes::Part::kTransaction);
  if (done) return end_commit(*done);
  under_way_->is_beside = true;
  return {};
}

Status Worker::end_commit(const ChangelogPositions& changelog_positions) {
  const std::unique_ptr<CommitUnderWay> ended = std::move(under_way_);
  ended->timer.reset();
  crash_point("before_batch");
  for (const auto& [task, prepared] : ended->commits) {
    task->note_committed();
    restarts_.note_committed(task->partition(), task->committed());
  }
  std::size_t users_saved = 0;
  for (std::size_t i = 0; i < ended->commits.size(); ++i) {
    auto& [task, prepared] = ended->commits[i];
    prepared.batch->marker.changelog_position = changelog_positions[i];
    if (Status saved = save(task, prepared); !saved) return saved;
    users_saved += prepared.batch->users.size();
  }
  ended->times.end_of(CommitTimes::Part::kStore);
  std::size_t users_changed = 0;
  for (const Task* task : tasks_.all()) users_changed += task->changed_users();
  ended->times.note_longest_step(std::exchange(longest_step_, {}));
  log_debug(ended->times.line(ended->commits.size(), users_saved, users_changed));
  return {};
}

void Worker::give_up_commit() {
  if (under_way_ == nullptr) return;
  under_way_->timer.reset();
  given_up_ = std::move(under_way_);
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
