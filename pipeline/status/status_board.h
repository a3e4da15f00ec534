// StatusBoard: what one worker lets others see of itself, without a lock on the path of a record.
//
// The worker publishes a whole WorkerStatus now and then (each 100 ms, and before it waits for
// something that did not answer), and beats at each turn of its loop and at each attempt of what it
// repeats: a broker outage keeps beating, a thread that is stuck inside a call does not. Readers
// get copies, so what they see is at most that old, and consistent in itself.
//
// Errors:  none
// Threads: publish, beat and finish belong to the worker; the rest to anybody
// Cost:    publish copies some KiB under a mutex that is held for no longer; beat is one store
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/log_position.h"
#include "common/time.h"
#include "pipeline/restore/restore_runner.h"
#include "pipeline/status/counters.h"

namespace freshet::pipeline {

struct PartitionStatus {
  Partition partition;
  Position committed;  // outputs below are visible and committed
  bool reading_again = false;
  Position read_from;                       // the next record to process
  Position publish_from;                    // where reading again ends
  std::optional<std::int64_t> lag_records;  // none before the brokers told an end
  std::optional<EventTime> oldest_waiting;  // pipeline/status/partition_lag.h; none: nothing waits
};

// What a worker is repeating because it was not answered.
struct Trouble {
  Operation operation = Operation::kPoll;
  std::string message;
};

struct WorkerStatus {
  Counters counters;
  std::optional<std::int32_t> partition_count;  // of the input; none before the first assignment
  std::vector<PartitionStatus> partitions;      // that have a task, ascending
  std::vector<RestoreProgress> restores;        // those that will have one
  std::size_t hot_users_bytes = 0;
  std::size_t encoded_users_bytes = 0;
  std::size_t changed_users = 0;
  std::optional<Trouble> trouble;
  std::optional<std::string> restore_trouble;  // what restores are waiting for
};

class StatusBoard {
 public:
  void publish(WorkerStatus status);
  WorkerStatus read() const;

  void beat(std::int64_t monotonic_ms) { beat_ms_.store(monotonic_ms, std::memory_order_relaxed); }
  // None before the first beat.
  std::optional<std::int64_t> last_beat_ms() const;

  // The worker's thread is over: it beats no more, and nobody expects it to.
  void finish() { finished_.store(true, std::memory_order_relaxed); }
  bool finished() const { return finished_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::int64_t kNever = -1;

  mutable std::mutex mutex_;
  WorkerStatus status_;
  std::atomic<std::int64_t> beat_ms_{kNever};
  std::atomic<bool> finished_{false};
};

}  // namespace freshet::pipeline
