// Quantiles of latencies, by nearest rank: the smallest value that at least that share of all do
// not exceed. Nothing is interpolated: each is a latency that some click had.
//
// Units:   ns in, ns out. Threads: free functions. Cost: a sort
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace freshet::bench {

struct Quantiles {
  std::size_t count = 0;
  std::chrono::nanoseconds p50{0};
  std::chrono::nanoseconds p99{0};
  std::chrono::nanoseconds p999{0};
  std::chrono::nanoseconds max{0};
};

// Requires: at least one value.
Quantiles quantiles_of(std::vector<std::chrono::nanoseconds> values);

}  // namespace freshet::bench
