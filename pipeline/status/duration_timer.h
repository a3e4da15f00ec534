// DurationTimer: observes in a histogram how long it lived.
//
// Errors: none. Threads: the histogram's writer
#pragma once

#include <chrono>

#include "pipeline/status/duration_histogram.h"

namespace freshet::pipeline {

class DurationTimer {
 public:
  explicit DurationTimer(DurationHistogram* histogram) : histogram_(histogram) {}
  ~DurationTimer() {
    const auto took = std::chrono::steady_clock::now() - begin_;
    histogram_->observe(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  }
  DurationTimer(const DurationTimer&) = delete;
  DurationTimer& operator=(const DurationTimer&) = delete;

 private:
  DurationHistogram* histogram_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace freshet::pipeline
