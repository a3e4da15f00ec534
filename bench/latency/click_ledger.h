// ClickLedger: the clicks of one load, each with the time at which it was due and the one at which
// its score was read. Each has exactly one score, or the load counts for nothing.
//
// Units:   ns since the load's beginning
// Errors:  note_score() tells a click that the load does not have and a second score of one
// Threads: one
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/status.h"

namespace freshet::bench {

class ClickLedger {
 public:
  // Clicks first, first + 1, ..., one for each time in `due`.
  ClickLedger(std::uint64_t first, std::vector<std::chrono::nanoseconds> due);

  Status note_score(std::uint64_t click, std::chrono::nanoseconds at);

  const std::vector<std::chrono::nanoseconds>& due() const { return due_; }
  std::size_t scored() const { return scored_; }
  std::size_t missing() const { return due_.size() - scored_; }
  // Due -> scored, of the clicks that were due at `begin` or later. Requires: none is missing.
  std::vector<std::chrono::nanoseconds> latencies(std::chrono::nanoseconds begin) const;

 private:
  static constexpr std::chrono::nanoseconds kNotScored{-1};

  std::uint64_t first_;
  std::vector<std::chrono::nanoseconds> due_;
  std::vector<std::chrono::nanoseconds> scored_at_;
  std::size_t scored_ = 0;
};

}  // namespace freshet::bench
