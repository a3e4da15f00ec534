// A whole replay from memory: records in, outputs copied out, commits into the store on disk.
//
// The clock goes on by 20 us for each record, so how many commits and saved users there are for
// each event depends on nothing but the log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/pipeline/click_source.h"
#include "bench/pipeline/point.h"
#include "bench/pipeline/stage.h"
#include "pipeline/task.h"

namespace freshet::bench {

// What happens less often than once for each event.
struct EventShares {
  double cold_users = 0;  // that were not in the cache
  double saved_users = 0;
  double commits = 0;
};

class ReplayMemory {
 public:
  explicit ReplayMemory(Point* point);

  // The next clicks, scored against so many candidates. see(click, output) is called for each.
  template <class See>
  void replay(std::size_t candidates, const ClickBatch& batch, std::size_t count, const See& see) {
    task_.serve(point_->model(candidates));
    for (std::size_t i = 0; i < count; ++i) {
      see(batch.clicks[i], process(batch.record(i, offset_)));
      ++offset_;
      commit_if_due();
    }
  }

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

  const pipeline::OutputRecord& process(const pipeline::InputRecord& record);
  void commit_if_due();

  Point* point_;
  ClickSource source_;
  BenchClock clock_;
  pipeline::Counters counters_;
  pipeline::Counters counted_;  // as of the last take_shares()
  pipeline::Task task_;
  std::int64_t offset_ = 0;
  std::int64_t last_commit_ms_ = 0;
  std::size_t records_since_commit_ = 0;
};

// A stage of `replay` with so many candidates.
std::unique_ptr<Stage> replay_stage(ReplayMemory* replay, std::size_t candidates);

}  // namespace freshet::bench
