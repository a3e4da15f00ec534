// StallObserver: keeps records that wait without end in the event-to-score histogram.
//
// A histogram that is fed by acknowledgements alone falls silent when nothing is acknowledged. So
// once a second each partition with waiting records is looked at from outside its worker's thread,
// which may be what is stuck: where nothing has been committed for longer than `patience`, the age
// of the oldest waiting record is observed, again each second, until something is committed.
//
// Units:   ages by the wall clock, patience by the monotonic one
// Errors:  none
// Threads: any
// Oracle:  tests/unit/metrics/stall_observer_test.cc, with a clock of its own
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>

#include "common/clock.h"
#include "common/log_position.h"
#include "common/time.h"
#include "pipeline/status/duration_histogram.h"
#include "pipeline/status/status_board.h"

namespace freshet::pipeline {

class StallObserver {
 public:
  // Between two commits waiting is no stall: patience is longer than commit.interval_ms.
  StallObserver(const Clock* clock, DurationMs patience) : clock_(clock), patience_(patience) {}

  // To be called once a second with what the workers published last.
  void observe(std::span<const WorkerStatus> workers);

  DurationHistogram observed() const;

 private:
  struct Waiting {
    Position committed;
    std::int64_t since_ms = 0;  // monotonic
  };

  const Clock* clock_;
  DurationMs patience_;
  mutable std::mutex mutex_;
  std::map<Partition, Waiting> waiting_;
  DurationHistogram observed_{kEventToScoreBoundsUs};
};

}  // namespace freshet::pipeline
