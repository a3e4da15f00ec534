// InputFeed: the producer of a scenario's input: appends each event when its time has come.
//
// Threads: one, the world's
#pragma once

#include <cstddef>
#include <map>

#include "tests/sim/env.h"
#include "tests/sim/scenario.h"

namespace freshet::sim {

class InputFeed {
 public:
  // Both outlive the feed.
  InputFeed(Env* env, const Scenario* scenario) : env_(env), scenario_(scenario) {}

  // Appends what is due, and has the scheduler come again for the rest.
  void run();
  void append_all();
  // Nothing is appended for so much longer.
  void wait(std::int64_t ms) { late_ms_ += ms; }

  bool all_appended() const { return next_ == scenario_->input.size(); }
  // Whether the group's positions are behind the last record of every partition.
  bool all_committed() const;

 private:
  void append_next();
  std::int64_t due_ms() const { return scenario_->input[next_].at_ms + late_ms_; }

  Env* env_;
  const Scenario* scenario_;
  std::size_t next_ = 0;
  std::int64_t late_ms_ = 0;
  std::map<Partition, Position> ends_;
};

}  // namespace freshet::sim
