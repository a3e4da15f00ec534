#include "bench/pipeline/measure.h"

#include <ctime>

#include <algorithm>
#include <vector>

namespace freshet::bench {
namespace {

constexpr std::size_t kFirstCount = 256;
constexpr std::size_t kCountMost = 1 << 20;

double time_of(Stage* stage, std::size_t count) {
  stage->prepare(count);
  const std::int64_t begin = process_cpu_ns();
  stage->run(count);
  return static_cast<double>(process_cpu_ns() - begin);
}

// Doubles until a round is long enough to tell how many repetitions fill one.
std::size_t repetitions(Stage* stage, double round_ns) {
  for (std::size_t count = kFirstCount;; count *= 2) {
    const double ns = time_of(stage, count);
    if (ns < round_ns / 8 && count < kCountMost) continue;
    const double filled = static_cast<double>(count) * round_ns / std::max(ns, 1.0);
    return std::clamp(static_cast<std::size_t>(filled), std::size_t{1}, kCountMost);
  }
}

Cost cost_of(std::vector<double> rounds) {
  std::sort(rounds.begin(), rounds.end());
  const auto at = [&](double share) {
    return rounds[static_cast<std::size_t>(share * static_cast<double>(rounds.size() - 1) + 0.5)];
  };
  return {at(0.5), at(0.25), at(0.75)};
}

}  // namespace

std::int64_t process_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Costs measure(std::span<Stage* const> stages, std::size_t rounds, std::size_t round_ms) {
  std::vector<std::size_t> counts;
  for (Stage* stage : stages) {
    counts.push_back(repetitions(stage, static_cast<double>(round_ms) * 1e6));
  }
  std::vector<std::vector<double>> times(stages.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t s = 0; s < stages.size(); ++s) {
      times[s].push_back(time_of(stages[s], counts[s]) / static_cast<double>(counts[s]));
    }
  }
  Costs costs;
  for (std::size_t s = 0; s < stages.size(); ++s) costs[stages[s]->name()] = cost_of(times[s]);
  return costs;
}

}  // namespace freshet::bench
