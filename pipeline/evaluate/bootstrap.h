// Bootstrap: a statistic's value on the judged log and on each of its resamples, and the interval
// that these give.
//
// Errors:  values are NaN where the statistic is not defined; an interval is of those that are, and
//          none where none is
// Threads: free functions
// Cost:    resamples / 8 passes of each statistic, see there, and 8 B a statistic and resample
// Oracle:  resampling literally with the same draws (tests/property/evaluate)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/evaluate/statistic.h"

namespace freshet::pipeline {

struct BootstrapOptions {
  std::size_t resamples = 1000;
  std::uint64_t seed = 1;
  double level = 0.95;
};

struct Replicates {
  double value = 0;
  std::vector<double> resampled;  // [resamples]
};

// Of each statistic, over the same `users` and the same draws.
std::vector<Replicates> replicates(const Statistics& statistics, std::size_t users,
                                   const BootstrapOptions& options);

// A number with its interval; parts are none where they are not defined.
struct Estimate {
  std::optional<double> value;
  std::optional<double> low;
  std::optional<double> high;

  // Whether the interval leaves 0 out: a difference that is one.
  bool excludes_zero() const { return low && high && (*low > 0 || *high < 0); }
};

// The percentile interval: between (1 - level) / 2 and 1 minus that of the resamples, with linear
// interpolation between neighbours.
Estimate estimate(const Replicates& replicates, double level);

// The same of `one` - `other`, resample by resample: the paired difference.
Estimate difference(const Replicates& one, const Replicates& other, double level);

}  // namespace freshet::pipeline
