// A whole replay from memory: records in, outputs copied out, commits into the store on disk.
//
// The clock goes on by 20 us for each record, so how many commits and saved users there are for
// each event depends on nothing but the log.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "bench/pipeline/click_source.h"
#include "bench/pipeline/output_copy.h"
#include "bench/pipeline/point.h"
#include "bench/pipeline/stage.h"
#include "pipeline/scoring/look_ahead.h"
#include "pipeline/task/task.h"

namespace freshet::bench {

// What happens less often than once for each event.
struct EventShares {
  double cold_users = 0;  // that were not in the cache
  double saved_users = 0;
  double commits = 0;
};

class ReplayMemory {
 public:
  ReplayMemory(Point* point, Partition partition);

  // The next clicks, scored against so many candidates. see(click, output) is called for each.
  template <class See>
  void replay(std::size_t candidates, const ClickBatch& batch, std::size_t count, const See& see) {
    task_.serve(point_->model(candidates));
    for (std::size_t begin = 0; begin < count; begin += kPolled) {
      records_.clear();
      for (std::size_t i = begin; i < std::min(begin + kPolled, count); ++i) {
        records_.push_back(batch.record(i, partition_, Offset{offset_++}));
      }
      for (std::size_t i = 0; i < records_.size(); ++i) {
        pipeline::look_ahead(records_, i, [this](const auto&) { return &task_; });
        see(batch.clicks[begin + i], process(records_[i]));
        commit_if_due();
      }
    }
  }

  // As many clicks as BenchOptions says, before anything is timed.
  void warm_up();

  ClickSource& source() { return source_; }
  std::size_t hot_users_bytes() const { return task_.hot_users_bytes(); }
  // Of all events since the last call.
  EventShares take_shares();

 private:
  class BenchClock final : public Clock {
   public:
    EventTime now() const override { return {kLogBeginMs + us / 1'000}; }
    std::int64_t monotonic_ms() const override { return us / 1'000; }
    std::int64_t us = 0;
  };

  static constexpr std::size_t kPolled = 1'000;  // as a worker polls

  const pipeline::OutputRecord& process(const pipeline::InputRecord& record);
  void commit_if_due();
  void commit();

  Point* point_;
  Partition partition_;
  ClickSource source_;
  BenchClock clock_;
  pipeline::Counters counters_;
  pipeline::Counters counted_;  // as of the last take_shares()
  pipeline::Task task_;
  std::vector<pipeline::InputRecord> records_;
  std::int64_t offset_ = 0;
  std::int64_t last_commit_ms_ = 0;
  std::size_t records_since_commit_ = 0;
};

// `replay` with so many candidates.
class ReplayStage final : public Stage {
 public:
  ReplayStage(ReplayMemory* replay, std::size_t candidates)
      : replay_(replay), candidates_(candidates) {}

  std::string name() const override { return "replay from memory " + std::to_string(candidates_); }
  void prepare(std::size_t count) override { replay_->source().fill(count, &batch_); }
  void run(std::size_t count) override;

  std::size_t candidates() const { return candidates_; }
  // For each event of all runs, that of OutputCopy included.
  double allocations() const { return static_cast<double>(allocated_) / static_cast<double>(ran_); }

 private:
  ReplayMemory* replay_;
  std::size_t candidates_;
  ClickBatch batch_;
  OutputCopy copy_;
  std::uint64_t allocated_ = 0;
  std::size_t ran_ = 0;
};

}  // namespace freshet::bench
