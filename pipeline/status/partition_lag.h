// PartitionLag: how far one partition's visible outputs are behind its input, in records and time.
//
// Computes: per output the time from its record's Kafka timestamp to its acknowledgement; the lag
//           in records behind the end that the brokers told last; and since when the oldest record
//           without a visible output waits:
//             outputs are not acknowledged yet   the oldest one's own timestamp
//             records are not read yet           their timestamps are unknown, but none is older
//                                                than the newest record read, nor than the moment
//                                                at which the partition was last caught up: the
//                                                later of the two, so a quiet hour is no lag
// Units:    EventTime of the brokers' and the worker's clocks; they should agree within a second
// Errors:   none; a record without a timestamp is left out
// Threads:  one, the task's. Cost: O(1) a record, 8 bytes for each output until its commit
// Oracle:   tests/unit/pipeline/partition_lag_test.cc, with a clock of its own
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/log_position.h"
#include "common/time.h"
#include "pipeline/status/duration_histogram.h"

namespace freshet::pipeline {

class PartitionLag {
 public:
  // `newest_record` is the timestamp of the last record that was applied before, where it is known.
  PartitionLag(EventTime assigned_at, std::optional<EventTime> newest_record)
      : caught_up_at_(newest_record.value_or(assigned_at)), newest_record_(newest_record) {}

  // A record was read; its output, if it has one, comes through note_output.
  void note_record(std::optional<EventTime> timestamp) {
    if (timestamp && (!newest_record_ || *timestamp > *newest_record_)) newest_record_ = timestamp;
  }
  // The record's output or dead letter was handed over, not acknowledged yet.
  void note_output(std::optional<EventTime> timestamp) {
    if (timestamp) pending_.push_back(*timestamp);
  }
  // A commit begins, which is of everything handed over so far.
  void begin_commit() { in_commit_ = pending_.size(); }
  // What the last commit is of is visible.
  void acknowledge(EventTime now, DurationHistogram* event_to_score);

  // `next` is the next record that would be published, `end` what the brokers told of the input.
  void observe_end(Position next, std::optional<Position> end, EventTime now);

  std::optional<std::int64_t> records() const { return records_; }  // none before an end is known
  std::optional<EventTime> oldest_waiting() const;

 private:
  EventTime caught_up_at_;
  std::optional<EventTime> newest_record_;
  std::optional<std::int64_t> records_;
  std::vector<EventTime> pending_;  // of outputs, in their order
  std::size_t in_commit_ = 0;       // so many of them
};

}  // namespace freshet::pipeline
