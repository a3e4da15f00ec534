#include "pipeline/evaluate/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace freshet::pipeline {

Calibration::Calibration(const LabelledScores& rows, std::size_t bins) : bins_(bins) {
  const std::vector<std::uint32_t> order = ascending(rows);
  rows_.reserve(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const LabelledScore& row = rows[order[i]];
    const bool ends = i + 1 == order.size() || rows[order[i + 1]].logit != row.logit;
    rows_.push_back({probability_of(row.logit), row.user, row.clicked, ends});
  }
}

Statistic::Values Calibration::values(const UserWeights& weights) const {
  std::array<std::uint64_t, UserWeights::kLanes> total{};
  for (const Row& row : rows_) {
    const UserWeights::Lanes& lanes = weights.of(row.user);
    for (std::size_t lane = 0; lane < UserWeights::kLanes; ++lane) total[lane] += lanes[lane];
  }
  std::array<std::uint64_t, UserWeights::kLanes> passed{};  // weight up to here
  std::array<std::uint64_t, UserWeights::kLanes> bin{};     // how many bins are full
  Values surplus{};                                         // of the open bin
  Values error{};
  for (const Row& row : rows_) {
    const UserWeights::Lanes& lanes = weights.of(row.user);
    const double excess = row.predicted - (row.clicked ? 1 : 0);
    for (std::size_t lane = 0; lane < UserWeights::kLanes; ++lane) {
      passed[lane] += lanes[lane];
      surplus[lane] += lanes[lane] * excess;
    }
    if (!row.ends_group) continue;
    for (std::size_t lane = 0; lane < UserWeights::kLanes; ++lane) {
      if (passed[lane] * bins_ < (bin[lane] + 1) * total[lane]) continue;
      error[lane] += std::abs(surplus[lane]);
      surplus[lane] = 0;
      if (total[lane] > 0) bin[lane] = passed[lane] * bins_ / total[lane];
    }
  }
  for (std::size_t lane = 0; lane < UserWeights::kLanes; ++lane) {
    error[lane] = total[lane] > 0 ? error[lane] / static_cast<double>(total[lane])
                                  : std::numeric_limits<double>::quiet_NaN();
  }
  return error;
}

std::vector<CalibrationBin> Calibration::bins() const {
  std::vector<CalibrationBin> bins;
  CalibrationBin open;
  std::size_t passed = 0;
  std::size_t full = 0;
  for (const Row& row : rows_) {
    ++passed;
    ++open.impressions;
    open.predicted += row.predicted;
    open.observed += row.clicked ? 1 : 0;
    if (!row.ends_group || passed * bins_ < (full + 1) * rows_.size()) continue;
    open.predicted /= static_cast<double>(open.impressions);
    open.observed /= static_cast<double>(open.impressions);
    bins.push_back(open);
    open = {};
    full = passed * bins_ / rows_.size();
  }
  return bins;
}

}  // namespace freshet::pipeline
