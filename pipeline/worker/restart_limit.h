// RestartLimit: how often a worker may start over without a step forward, and how long it waits.
//
// A step forward is a committed position ahead of all before. Where none comes, no retry helps: it
// is the record there, or the brokers.
// Threads: one
#pragma once

#include <chrono>
#include <map>

#include "common/log_position.h"

namespace freshet::pipeline {

class RestartLimit {
 public:
  void note_committed(Partition partition, Position position);

  // Counts a start over. False when there have been too many.
  bool allows_another();
  int count() const { return count_; }      // since the last step forward
  std::chrono::milliseconds pause() const;  // before the one that was counted last

 private:
  std::map<Partition, Position> reached_;
  int count_ = 0;
};

}  // namespace freshet::pipeline
