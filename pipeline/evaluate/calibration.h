// Calibration: whether what is predicted comes to pass, in bins of equal mass.
//
// Computes: the impressions in ascending order of the prediction, cut into `bins` parts of equal
//           weight; impressions of one prediction stay together, so a bin ends with the first group
//           that reaches its share. The error (ECE) is the sum over bins of |predicted - clicked|
//           by the sum of all weights
// Errors:   NaN where nothing has weight. Threads: immutable
// Cost:     O(n log n) once, then a pass per eight resamples; 16 B a row
// Source:   equal mass rather than equal width: Nixon et al. 2019, "Measuring calibration in deep
//           learning"
// Oracle:   a straight loop over a resampled log (tests/property/evaluate)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/evaluate/labelled_scores.h"
#include "pipeline/evaluate/statistic.h"

namespace freshet::pipeline {

inline constexpr std::size_t kCalibrationBins = 20;

struct CalibrationBin {
  std::size_t impressions = 0;
  double predicted = 0;  // means
  double observed = 0;
};

class Calibration final : public Statistic {
 public:
  Calibration(const LabelledScores& rows, std::size_t bins);

  // The error.
  Values values(const UserWeights& weights) const override;

  // The bins themselves, ascending, each impression once; fewer where groups are larger than a bin.
  std::vector<CalibrationBin> bins() const;

 private:
  struct Row {
    double predicted = 0;
    std::uint32_t user = 0;
    bool clicked = false;
    bool ends_group = false;
  };

  std::size_t bins_;
  std::vector<Row> rows_;  // ascending
};

}  // namespace freshet::pipeline
