#include "pipeline/evaluate/delayed_partition.h"

#include <limits>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

// Changed users stay in memory until they are saved.
constexpr std::size_t kInsertsPerSave = 1000;

}  // namespace

DelayedPartition::DelayedPartition(const WorkerConfig& config, const ServedModels& models,
                                   stateful::StateStore* store, Partition partition,
                                   stateful::OwnerToken owner,
                                   const std::optional<stateful::StoredMarker>& marker,
                                   std::size_t cache_bytes)
    : store_(store),
      partition_(partition),
      owner_(owner),
      marker_(marker.value_or(stateful::StoredMarker{})),
      state_(store, partition, owner, models, config.limits(), marker, cache_bytes) {}

Result<std::unique_ptr<DelayedPartition>> DelayedPartition::open(const WorkerConfig& config,
                                                                 const ServedModels& models,
                                                                 stateful::StateStore* store,
                                                                 Partition partition,
                                                                 std::size_t cache_bytes) {
  const stateful::OwnerToken owner = store->take_ownership(partition);
  const auto stored = store->read_marker(partition);
  if (!stored) return tl::unexpected(stored.error());
  return std::unique_ptr<DelayedPartition>(
      new DelayedPartition(config, models, store, partition, owner, *stored, cache_bytes));
}

Status DelayedPartition::catch_up(const EventScorer& applier, EventTime stream_time,
                                  DurationMs delay) {
  while (!held_.empty() && held_.top().event.ts + delay <= stream_time) {
    const Event& event = held_.top().event;
    const Result<PartitionState::User*> user = state_.user(event.user);
    if (!user) return tl::unexpected(user.error());
    if (applier.apply(event, &(*user)->value())) {
      state_.note_change(*user, Offset{static_cast<std::int64_t>(order_)});
      ++unsaved_;
    }
    state_.release(*user);
    held_.pop();
    if (unsaved_ < kInsertsPerSave) continue;
    if (Status saved = save(); !saved) return saved;
  }
  return {};
}

void DelayedPartition::hold(const Event& event) {
  const bool clicks = event.kind == EventKind::kClick || event.label || event.impressed != 0;
  if (clicks) held_.push({order_, event});
  ++order_;
}

Status DelayedPartition::save() {
  unsaved_ = 0;
  state_.fill_slice(state_.changed_count(), std::numeric_limits<std::size_t>::max());
  const std::shared_ptr<stateful::CheckpointBatch> batch = state_.take_slice();
  batch->partition = partition_;
  batch->owner = owner_;
  batch->marker = marker_;
  const auto applied = store_->apply(*batch);
  if (!applied) return tl::unexpected(applied.error());
  FRESHET_CHECK(*applied == stateful::ApplyOutcome::kApplied);  // nobody else opens the store
  state_.landed();
  return {};
}

}  // namespace freshet::pipeline
