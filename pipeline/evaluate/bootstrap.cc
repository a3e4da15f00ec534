#include "pipeline/evaluate/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

// Of the sorted values. Requires: there is one.
double percentile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::vector<Replicates> replicates(const Statistics& statistics, std::size_t users,
                                   const BootstrapOptions& options) {
  std::vector<Replicates> all(statistics.size());
  const UserWeights ones = UserWeights::ones(users);
  for (std::size_t s = 0; s < statistics.size(); ++s) {
    all[s].value = statistics[s]->values(ones)[0];
    all[s].resampled.reserve(options.resamples);
  }
  for (std::size_t first = 0; first < options.resamples; first += UserWeights::kLanes) {
    const UserWeights weights = UserWeights::drawn(users, options.seed, first);
    const std::size_t count = std::min(UserWeights::kLanes, options.resamples - first);
    for (std::size_t s = 0; s < statistics.size(); ++s) {
      const Statistic::Values values = statistics[s]->values(weights);
      all[s].resampled.insert(all[s].resampled.end(), values.begin(), values.begin() + count);
    }
  }
  return all;
}

Estimate estimate(const Replicates& replicates, double level) {
  Estimate estimate;
  if (!std::isfinite(replicates.value)) return estimate;
  estimate.value = replicates.value;
  std::vector<double> sorted;
  sorted.reserve(replicates.resampled.size());
  for (const double value : replicates.resampled) {
    if (std::isfinite(value)) sorted.push_back(value);
  }
  if (sorted.empty()) return estimate;
  std::sort(sorted.begin(), sorted.end());
  estimate.low = percentile(sorted, (1 - level) / 2);
  estimate.high = percentile(sorted, 1 - (1 - level) / 2);
  return estimate;
}

Estimate difference(const Replicates& one, const Replicates& other, double level) {
  FRESHET_CHECK(one.resampled.size() == other.resampled.size());
  Replicates paired{one.value - other.value, {}};
  paired.resampled.reserve(one.resampled.size());
  for (std::size_t r = 0; r < one.resampled.size(); ++r) {
    paired.resampled.push_back(one.resampled[r] - other.resampled[r]);
  }
  return estimate(paired, level);
}

}  // namespace freshet::pipeline
