#include "pipeline/state/checkpointer.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

// Of a commit's share.
constexpr std::size_t kCollectUsersPerStep = 40;
constexpr std::size_t kCollectBytesPerStep = std::size_t{16} << 10;

// What a step encodes at most, in bytes, or a user for each 256 of these.
constexpr std::size_t kStepBytes = std::size_t{64} << 10;

// What a task that leaves saves at most; the next owner reads the rest again. 16 MiB are a fraction
// of a second, far below the time that a group waits for its members.
constexpr std::size_t kLeavingBytesMax = std::size_t{16} << 20;

constexpr auto kAll = std::numeric_limits<std::size_t>::max();

}  // namespace

Result<bool> Checkpointer::step(Offset offset) {
  if (batch_ != nullptr && (write_ == nullptr || write_->ended())) {
    if (Status finished = finish(); !finished) return tl::unexpected(finished.error());
  }
  const std::size_t due =
      schedule_.ahead(state_->changed_total(), state_->changed_count(), clock_->monotonic_ms());
  const bool encoded = state_->fill_slice(due, config_->bytes_per_commit, kStepBytes) > 0;
  if (users_to_collect_ == 0) return encoded;
  const auto looked_at = state_->collect(std::min(users_to_collect_, kCollectUsersPerStep),
                                         std::min(bytes_to_collect_, kCollectBytesPerStep), offset);
  if (!looked_at) return tl::unexpected(looked_at.error());
  bytes_to_collect_ -= std::min(bytes_to_collect_, looked_at->bytes);
  users_to_collect_ -= looked_at->users;
  if (state_->sweep_is_over() || bytes_to_collect_ == 0) users_to_collect_ = 0;
  return true;
}

void Checkpointer::fill(Save save) {
  if (save != Save::kScheduled) {
    state_->fill_slice(kAll, save == Save::kLeaving ? kLeavingBytesMax : kAll);
    return;
  }
  const std::size_t due = schedule_.due(state_->changed_total(), state_->changed_count(),
                                        state_->save_pressure(), clock_->monotonic_ms());
  state_->fill_slice(due, config_->bytes_per_commit);
  schedule_.note_saved(state_->changed_count());
}

Status Checkpointer::write(std::shared_ptr<const stateful::CheckpointBatch> batch) {
  FRESHET_CHECK(write_ == nullptr);
  batch_ = std::move(batch);
  if (saves_ == nullptr) return finish();
  write_ = saves_->start(batch_);
  return {};
}

Status Checkpointer::finish() {
  if (batch_ == nullptr) return {};
  // What was refused is tried again here: the caller has nothing else to do before it is in.
  const SaveOutcome outcome =
      write_ != nullptr ? std::exchange(write_, nullptr)->wait() : save_now(store_, *batch_);
  counters_->checkpoint_duration.observe(outcome.took.count());
  if (!outcome.applied) return tl::unexpected(outcome.applied.error());
  if (*outcome.applied == stateful::ApplyOutcome::kStaleOwner) {
    return error(ErrorCode::kFenced, "partition " + std::to_string(batch_->partition.value) +
                                         ": its state has a new owner; this task stops");
  }
  ++counters_->commits;
  counters_->users_saved += batch_->users.size();
  batch_.reset();
  state_->landed();
  users_to_collect_ = kCollectUsersPerCommit;
  bytes_to_collect_ = kCollectBytesPerCommit;
  return {};
}

void Checkpointer::abandon() {
  if (write_ != nullptr) static_cast<void>(std::exchange(write_, nullptr)->wait());
  batch_.reset();
}

}  // namespace freshet::pipeline
