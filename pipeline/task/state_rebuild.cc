#include "pipeline/task/state_rebuild.h"

#include <algorithm>
#include <utility>

#include "common/time_text.h"
#include "pipeline/events/event_checks.h"
#include "pipeline/input_reach.h"
#include "pipeline/position_metadata.h"

namespace freshet::pipeline {
namespace {

// How many records lie between two looks at which users are due to be saved.
constexpr std::uint64_t kRecordsPerSave = 10'000;
constexpr std::size_t kTooLateListed = 20;
constexpr const char* kRemedy =
    "give --input a log or dump that begins earlier, or move the state directory away and start a "
    "worker, which goes on from what is left";

std::string name_of(Partition partition) { return "partition " + std::to_string(partition.value); }

}  // namespace

StateRebuild::StateRebuild(const TaskContext& context, const RebuildOptions& options)
    : context_(context), options_(options), decoder_(*context.config) {}

Result<StateRebuild> StateRebuild::create(const TaskContext& context,
                                          std::span<const RebuildGoal> goals,
                                          const RebuildOptions& options) {
  StateRebuild rebuild(context, options);
  const std::size_t cache_bytes = options.cache_bytes / std::max(std::size_t{1}, goals.size());
  for (const RebuildGoal& goal : goals) {
    const auto metadata = decode_position_metadata(goal.committed.metadata);
    if (!metadata) {
      return error(metadata.error().code,
                   name_of(goal.partition) + ": " + metadata.error().message);
    }
    TaskStart start;
    start.publish_from = goal.committed.position;
    start.lineage = metadata->marker.lineage;
    start.next_marker = metadata->marker.number + 1;
    if (metadata->state) start.last_record = metadata->state->last_record;
    start.last_record_is_retained = start.last_record.has_value();
    const stateful::OwnerToken owner = context.store->take_ownership(goal.partition);
    std::string fingerprint = fingerprint_of(*context.config, context.config->kafka.input,
                                             options.partition_count, goal.partition);
    Rebuilt& rebuilt = rebuild.partitions_[goal.partition];
    rebuilt.goal = goal;
    rebuilt.task = std::make_unique<Task>(context, goal.partition, start, owner, std::nullopt,
                                          std::move(fingerprint), cache_bytes);
  }
  return rebuild;
}

Status StateRebuild::apply(const InputRecord& record) {
  const auto found = partitions_.find(record.partition);
  if (found == partitions_.end()) return {};
  Rebuilt& rebuilt = found->second;
  if (!rebuilt.task->is_committed(record.offset)) return {};
  if (!rebuilt.first) {
    rebuilt.first = {record.partition, record.offset, record.timestamp, std::nullopt, std::nullopt};
  }
  if (options_.latest) look_at_time(record);
  const auto applied = rebuilt.task->process(record);
  if (!applied) return tl::unexpected(applied.error());
  ++records_;
  if (++rebuilt.unsaved < kRecordsPerSave && !rebuilt.task->is_crowded()) return {};
  rebuilt.unsaved = 0;
  return save(rebuilt.task.get(), Task::Save::kScheduled);
}

// And what a worker does between two commits: users whose clicks are all invisible go.
Status StateRebuild::save(Task* task, Task::Save what) {
  if (Status saved = task->post_commit(task->prepare_rebuilt(what)); !saved) return saved;
  while (true) {
    const Result<bool> stepped = task->step();
    if (!stepped) return tl::unexpected(stepped.error());
    if (!*stepped) return {};
  }
}

void StateRebuild::look_at_time(const InputRecord& record) {
  if (!record.value) return;
  const tl::expected<Event, Refusal> event = decoder_.decode(*record.value);
  if (!event || event->ts <= *options_.latest) return;
  if (check_event(*event, record, context_.config->input)) return;
  ++too_late_;
  if (first_too_late_.size() == kTooLateListed) return;
  first_too_late_.push_back(std::to_string(record.partition.value) + ":" +
                            std::to_string(record.offset.value) + " (" + utc_text(event->ts) + ")");
}

Status StateRebuild::check_times() const {
  if (too_late_ == 0) return {};
  std::string list;
  for (const std::string& place : first_too_late_) list += "\n  " + place;
  return error(ErrorCode::kInvalidConfig,
               std::to_string(too_late_) + " events are later than " + utc_text(*options_.latest) +
                   ", by partition:offset" + list +
                   (too_late_ > first_too_late_.size() ? "\n  ..." : "") +
                   "\nleave them out under input.exclude in the configuration of every worker, or "
                   "lower input.event_future_max_ms, and run this again");
}

// What lies before the first record is gone. It cannot matter where even an event as far ahead of
// that record's time as may be is invisible by now.
Status StateRebuild::check_coverage(Partition partition, const Rebuilt& rebuilt) const {
  const bool from_zero = rebuilt.goal.begin ? rebuilt.goal.begin->value == 0
                                            : rebuilt.first && rebuilt.first->offset.value == 0;
  if (from_zero || rebuilt.goal.committed.position.value == 0) return {};
  if (!rebuilt.first) {
    return error(ErrorCode::kInvalidConfig,
                 name_of(partition) +
                     ": retention does not cover the state: the input holds no "
                     "record below the group's position " +
                     std::to_string(rebuilt.goal.committed.position.value) + "; " + kRemedy);
  }
  const std::optional<EventTime> stream_time = rebuilt.task->stream_time();
  const std::optional<EventTime> first = rebuilt.first->timestamp;
  if (first && stream_time &&
      *first + context_.config->input.event_future_max <
          *stream_time - longest_age(*context_.config)) {
    return {};
  }
  return error(
      ErrorCode::kInvalidConfig,
      name_of(partition) + ": retention does not cover the state: the input begins at offset " +
          std::to_string(rebuilt.first->offset.value) + (first ? " of " + utc_text(*first) : "") +
          ", and clicks before it may still be visible; " + kRemedy);
}

Status StateRebuild::finish() {
  if (Status times = check_times(); !times) return times;
  for (auto& [partition, rebuilt] : partitions_) {
    if (Status covered = check_coverage(partition, rebuilt); !covered) return covered;
    if (rebuilt.first && rebuilt.task->last_record_is_due()) {
      return error(ErrorCode::kInvalidConfig,
                   name_of(partition) + ": the input ends before the group's position " +
                       std::to_string(rebuilt.goal.committed.position.value) +
                       ": give --input a log or dump that reaches it");
    }
    Task* task = rebuilt.task.get();
    if (Status saved = save(task, Task::Save::kEverything); !saved) return saved;
    // And what was collected behind that.
    const TaskCommit rest = task->prepare_rebuilt(Task::Save::kEverything);
    if (Status saved = task->post_commit(rest); !saved) return saved;
  }
  return {};
}

}  // namespace freshet::pipeline
