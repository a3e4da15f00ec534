#include "pipeline/evaluate/delayed_worker.h"

#include <limits>
#include <utility>

namespace freshet::pipeline {

DelayedWorker::DelayedWorker(const WorkerConfig& config, ServedModels models, DurationMs delay,
                             std::unique_ptr<stateful::StateStore> store, std::size_t cache_bytes)
    : config_(config),
      models_(std::move(models)),
      delay_(delay),
      store_(std::move(store)),
      cache_bytes_(cache_bytes),
      applier_(config, models_, nullptr),
      encoder_(config) {
  for (std::size_t m = 0; m < models_.size(); ++m) {
    ScoreObserver* const observer = this;
    scorers_.emplace_back(config, models_[m], m, observer);
  }
}

Status DelayedWorker::process(Partition partition, const Event& event, EventTime stream_time,
                              bool judged) {
  auto found = partitions_.find(partition);
  if (found == partitions_.end()) {
    auto opened = DelayedPartition::open(config_, models_, store_.get(), partition, cache_bytes_);
    if (!opened) return tl::unexpected(opened.error());
    found = partitions_.emplace(partition, std::move(*opened)).first;
  }
  DelayedPartition& users = *found->second;
  if (Status caught_up = users.catch_up(applier_, stream_time, delay_); !caught_up) {
    return caught_up;
  }
  if (judged) {
    const Result<PartitionState::User*> user = users.user(event.user);
    if (!user) return tl::unexpected(user.error());
    HotUser& hot = (*user)->value();
    const std::vector<stateful::BehaviourLimits> limits = config_.limits();
    Windows windows;
    hot.refresh(models_, limits, stream_time, &windows);
    for (std::size_t b = 0; b < limits.size(); ++b) {
      windows[b] = hot.state().sequences[b].visible_before(event.ts - delay_, stream_time,
                                                           limits[b].age_max);
    }
    logits_.assign(models_.size(), {});
    const Snapshot snapshot{event, stream_time, hot, windows};
    ModelScores scores;
    for (ModelScorer& scorer : scorers_) scorer.score(snapshot, &scores);
    users.release(*user);
  }
  users.hold(event);
  return {};
}

void DelayedWorker::on_scored(const ScoredOn& scored) {
  std::vector<float>& logits = logits_[scored.model];
  for (const Example& row : encoder_.rows_of(scored)) {
    logits.push_back(row.served ? row.served->total : std::numeric_limits<float>::quiet_NaN());
  }
}

}  // namespace freshet::pipeline
