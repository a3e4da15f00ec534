// Auc: the share of (clicked, not clicked) pairs that the scores put in the right order; a tie
// counts one half.
//
// Computes: by one pass over the rows in ascending order, whatever the weights are: the rows are
//           sorted once. Counts are exact up to 2^53 pairs, so the order of equal rows is nothing.
// Errors:   NaN where one class has no weight
// Threads:  immutable
// Cost:     O(n log n) once, then per eight resamples a pass of a few ns a row: 1,000 resamples of
//           68,000 impressions take a tenth of a second. 4 B a row
// Oracle:   counting all pairs (tests/property/evaluate)
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/evaluate/labelled_scores.h"
#include "pipeline/evaluate/statistic.h"

namespace freshet::pipeline {

class Auc final : public Statistic {
 public:
  // Requires: users below 2^30.
  explicit Auc(const LabelledScores& rows);

  Values values(const UserWeights& weights) const override;

 private:
  // A row in ascending order: its user, its label, whether it ends its group of equal scores.
  std::vector<std::uint32_t> rows_;
};

// A point of the ROC curve: which share of each class is scored above some threshold.
struct RocPoint {
  double not_clicked = 0;  // false positive rate
  double clicked = 0;      // true positive rate
};

// The curve from (0, 0) to (1, 1) in at most `steps` + 1 points, equal numbers of impressions
// apart. Empty where one class is missing.
std::vector<RocPoint> roc_curve(const LabelledScores& rows, std::size_t steps);

}  // namespace freshet::pipeline
