// Pieces of work timed in turn, round by round: a core changes its clock and its neighbours change
// their load from one moment to the next, so what lies far apart in a run cannot be divided.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace freshet {

inline double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// CPU seconds of each piece in each round, after one round that is not counted.
inline std::vector<std::vector<double>> timed_in_turn(std::span<const std::function<void()>> works,
                                                      std::size_t rounds) {
  std::vector<std::vector<double>> seconds(works.size());
  for (const auto& work : works) work();
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t k = 0; k < works.size(); ++k) {
      const double start = thread_cpu_seconds();
      works[k]();
      seconds[k].push_back(thread_cpu_seconds() - start);
    }
  }
  return seconds;
}

struct Quartiles {
  double low = 0;
  double median = 0;
  double high = 0;
};

// Of `factor` times each round's ratio: what disturbs one round moves no quartile.
inline Quartiles ratios(std::span<const double> of, std::span<const double> to, double factor) {
  std::vector<double> sorted;
  for (std::size_t k = 0; k < of.size(); ++k) sorted.push_back(factor * of[k] / to[k]);
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](std::size_t quarter) { return sorted[(sorted.size() - 1) * quarter / 4]; };
  return {at(1), at(2), at(3)};
}

}  // namespace freshet
