// LabelJoiner: gives the rows of one partition their labels, each (user, item, ts) once.
//
// A row that has its label is written as it comes. Every other one waits, in event time: a click of
// its user on its item from its own time up to `wait` after it makes its label 1, and once stream
// time is beyond that it is 0. What still waits at the end of the log has none.
//
//   advance(T) --- rows with ts < T - wait: 0, in order of (ts, user, item)
//   add(row) ----- late: ts < T - wait, so nothing is known of repetitions any more: left out
//              |-- repeated: the first one counts: left out
//              |-- has a label: written at once
//              '-- waits
//   click(...) --- all rows that it follows: 1, in order of ts
//   finish() ----- the rest, without a label, in order of (ts, user, item)
//
// Errors:  none; bytes() is for the caller to bound
// Threads: one. Cost: O(log n) per row and click, n the rows that lie within `wait` of stream time
// Oracle:  a straight loop over the whole log (tests/property/examples)
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "pipeline/examples/example.h"

namespace freshet::pipeline {

class LabelJoiner {
 public:
  using Write = std::function<void(const Example&)>;

  LabelJoiner(DurationMs wait, Write write);

  // Stream time is `stream_time` now; it never goes down.
  void advance(EventTime stream_time);
  // The rows of one event, their features apart. Requires: advance() was told of its time.
  void add(std::shared_ptr<const ExampleFeatures> features, std::vector<Example> rows);
  void click(const UserId& user, const ItemId& item, EventTime ts);
  void finish();

  const ExampleCounts& counts() const { return counts_; }
  // About what is held: rows that wait with their features, and what tells repeated ones.
  std::size_t bytes() const { return bytes_; }

 private:
  struct RowKey {
    EventTime ts;
    UserId user;
    ItemId item;
    auto operator<=>(const RowKey&) const = default;
  };
  using Rows = std::map<RowKey, Example>;

  void add_row(Example row);
  void write(const Example& row);
  void stop_waiting(Example* row, std::optional<bool> label);

  DurationMs wait_;
  Write write_;
  EventTime oldest_;  // T - wait: rows before it are settled
  // Every row since oldest_; those that are written have no features left.
  Rows rows_;
  std::set<std::tuple<UserId, ItemId, EventTime>> waiting_;
  ExampleCounts counts_;
  std::size_t bytes_ = 0;
};

}  // namespace freshet::pipeline
