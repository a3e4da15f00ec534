#include "pipeline/task/task_manager.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/check.h"
#include "common/crash_point.h"
#include "pipeline/log/log.h"

namespace freshet::pipeline {
namespace {

std::string describe(Partition partition, const TaskStart& start) {
  const std::string name = "partition " + std::to_string(partition.value);
  const std::string publish = std::to_string(start.publish_from.value);
  if (start.first_start) return name + ": first start, from position " + publish;
  if (start.read_from == start.publish_from) return name + ": goes on from position " + publish;
  return name + ": reads again from position " + std::to_string(start.read_from.value) +
         ", publishes from " + publish;
}

// How long users are pooled anew at each turn of the worker: where it has processed records, a
// small part of the turn.
constexpr std::int64_t kRepoolMs = 2;
constexpr std::int64_t kIdleRepoolMs = 20;

void log_swap(const Task& task, const std::string& before) {
  log_info("partition " + std::to_string(task.partition().value) + ": serves model " +
           task.served().label + " from position " +
           std::to_string(task.served().first_position.value) + ", " + before + " before");
}

}  // namespace

Status TaskManager::assign(std::span<const Partition> partitions, Transport* transport) {
  if (partitions.empty()) return {};
  const Result<std::int32_t> count = transport->partition_count();
  if (!count) return tl::unexpected(count.error());
  partition_count_ = *count;
  const auto committed = transport->committed(partitions);
  if (!committed) return tl::unexpected(committed.error());
  const std::size_t bytes = cache_bytes_ / (tasks_.size() + partitions.size());
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const Partition partition = partitions[i];
    FRESHET_CHECK(!tasks_.contains(partition) && !restoring_.contains(partition));
    board_->beat(context_.clock->monotonic_ms());
    // The token comes before the first read: a batch of an earlier owner that is still on its way
    // must not land behind what is read here.
    const Starting starting{context_.store->take_ownership(partition), (*committed)[i], bytes};
    auto stored = read_marker(partition, starting.owner);
    if (!stored) return tl::unexpected(stored.error());
    Status begun = context_.restores != nullptr
                       ? restore(partition, starting, std::move(*stored), transport)
                       : start_task(partition, starting, *stored, transport);
    if (!begun) return begun;
  }
  return {};
}

// A marker that is damaged tells nothing of the users beside it, and one of a restore that was cut
// short is a checkpoint to nobody but the restore that goes on.
Result<std::optional<stateful::StoredMarker>> TaskManager::read_marker(Partition partition,
                                                                       stateful::OwnerToken owner) {
  auto stored = context_.store->read_marker(partition);
  const bool damaged = !stored && stored.error().code == ErrorCode::kCorruptState;
  const bool left_half = stored && *stored && (*stored)->restored && context_.restores == nullptr;
  if (!damaged && !left_half) return stored;
  const std::string name = "the state of partition " + std::to_string(partition.value);
  log_warn(damaged ? stored.error().message + "; " + name + " is set aside, and made again"
                   : name +
                         " was restored half from a changelog that is off now; it is set aside, "
                         "and made again from the input");
  const auto aside = context_.store->set_aside(partition, owner);
  if (!aside) return tl::unexpected(aside.error());
  if (*aside == stateful::ApplyOutcome::kStaleOwner) {
    return error(ErrorCode::kFenced, "partition " + std::to_string(partition.value) +
                                         ": its state has a new owner already");
  }
  return std::nullopt;
}

Status TaskManager::restore(Partition partition, const Starting& starting,
                            std::optional<stateful::StoredMarker> stored, Transport* transport) {
  RestoreRequest request{partition, starting.owner, std::nullopt, std::move(stored), std::nullopt};
  if (starting.committed) {
    const auto metadata = decode_position_metadata(starting.committed->metadata);
    if (!metadata) {
      return error(metadata.error().code, "partition " + std::to_string(partition.value) + ": " +
                                              metadata.error().message);
    }
    request.committed = metadata->marker;
    if (metadata->state && !metadata->state->changelog) {
      const Result<PositionRange> range = transport->range(partition);
      if (!range) return tl::unexpected(range.error());
      const auto reach = reach_of(partition, *range, *starting.committed, transport);
      if (!reach) return tl::unexpected(reach.error());
      request.without_changelog = {range->begin, reach->covered};
    }
  }
  context_.restores->start(std::move(request));
  restoring_.emplace(partition, starting);
  return {};
}

Status TaskManager::start_restored(Transport* transport) {
  if (restoring_.empty()) return {};
  for (RestoreOutcome& outcome : context_.restores->take_ended()) {
    ended_.push_back(std::move(outcome));
  }
  while (!ended_.empty()) {
    const RestoreOutcome& outcome = ended_.back();
    const auto starting = restoring_.find(outcome.partition);
    FRESHET_CHECK(starting != restoring_.end());
    if (!outcome.stored) {
      return refused(outcome.partition, starting->second, outcome.stored.error(), transport);
    }
    const Status started =
        start_task(outcome.partition, starting->second, *outcome.stored, transport);
    if (!started) return started;
    restoring_.erase(starting);
    ended_.pop_back();
  }
  return {};
}

Status TaskManager::start_task(Partition partition, const Starting& starting,
                               const std::optional<stateful::StoredMarker>& stored,
                               Transport* transport) {
  const Result<PositionRange> range = transport->range(partition);
  if (!range) return tl::unexpected(range.error());
  TaskStartInput input{partition,
                       starting.committed,
                       stored,
                       *range,
                       {},
                       fingerprint(partition),
                       context_.make_lineage()};
  if (starting.committed && !stored) {
    const auto reach = reach_of(partition, *range, *starting.committed, transport);
    if (!reach) return tl::unexpected(reach.error());
    input.reach = *reach;
  }
  const Result<TaskStart> start = plan_task_start(input);
  if (!start) return refused(partition, starting, start.error(), transport);
  log_info(describe(partition, *start));
  TaskContext context = context_;
  if (context.newer != nullptr) context.model = context.newer->newest();
  auto task = std::make_unique<Task>(context, partition, *start, starting.owner, stored,
                                     std::move(input.fingerprint), starting.cache_bytes);
  if (Status started = transport->start_at(partition, task->read_from()); !started) return started;
  const bool swapped = stored && stored->marker.model && *stored->marker.model != task->served();
  if (swapped) log_swap(*task, stored->marker.model->label);
  tasks_.emplace(partition, std::move(task));
  return {};
}

bool TaskManager::have_newer() const {
  if (context_.newer == nullptr) return false;
  const std::shared_ptr<const ServedModel> newest = context_.newer->newest();
  return std::any_of(tasks_.begin(), tasks_.end(),
                     [&](const auto& entry) { return !entry.second->serves(newest); });
}

void TaskManager::serve_newest() {
  if (context_.newer == nullptr) return;
  const std::shared_ptr<const ServedModel> newest = context_.newer->newest();
  bool any = false;
  for (const auto& [partition, task] : tasks_) {
    const std::string before = task->served().label;
    if (!task->serve(newest)) continue;
    any = true;
    log_swap(*task, before);
  }
  if (any) crash_point("after_swap");
}

void TaskManager::repool(bool idle) {
  const std::int64_t most =
      std::min(idle ? kIdleRepoolMs : kRepoolMs, context_.config->commit.interval.value);
  const std::int64_t until = context_.clock->monotonic_ms() + most;
  for (const auto& [partition, task] : tasks_) {
    while (task->repool()) {
      if (context_.clock->monotonic_ms() >= until) return;
    }
  }
}

std::string TaskManager::fingerprint(Partition partition) const {
  return fingerprint_of(*context_.config, context_.config->kafka.input, *partition_count_,
                        partition);
}

Result<InputReach> TaskManager::reach_of(Partition partition, const PositionRange& range,
                                         const CommittedPosition& committed,
                                         Transport* transport) const {
  const auto metadata = decode_position_metadata(committed.metadata);
  if (!metadata) return InputReach{};  // which is refused by name
  return input_reach(*context_.config, partition, range, committed.position, *metadata,
                     fingerprint(partition), transport);
}

tl::unexpected<Error> TaskManager::refused(Partition partition, const Starting& starting,
                                           const Error& why, Transport* transport) const {
  if (why.code != ErrorCode::kInvalidConfig) return tl::unexpected(why);
  const auto now = transport->committed({&partition, 1});
  if (!now) return tl::unexpected(now.error());
  if (now->front() == starting.committed) return tl::unexpected(why);
  return error(ErrorCode::kFenced, "partition " + std::to_string(partition.value) +
                                       ": its positions were committed by another worker while "
                                       "this one started");
}

void TaskManager::close(std::span<const Partition> partitions) {
  for (const Partition partition : partitions) {
    tasks_.erase(partition);
    if (restoring_.erase(partition) > 0) context_.restores->cancel(partition);
    std::erase_if(ended_, [&](const RestoreOutcome& o) { return o.partition == partition; });
  }
}

void TaskManager::close_all() {
  tasks_.clear();
  for (const auto& [partition, starting] : restoring_) context_.restores->cancel(partition);
  restoring_.clear();
  ended_.clear();
}

Task* TaskManager::find(Partition partition) {
  const auto found = tasks_.find(partition);
  return found == tasks_.end() ? nullptr : found->second.get();
}

std::vector<Task*> TaskManager::all() {
  std::vector<Task*> tasks;
  tasks.reserve(tasks_.size());
  for (const auto& [partition, task] : tasks_) tasks.push_back(task.get());
  return tasks;
}

}  // namespace freshet::pipeline
