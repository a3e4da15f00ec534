// UserRatio: a sum over users by a sum over users. Log loss, mean prediction, mean label, their
// ratio and the AUC grouped by user are such ratios.
//
// Errors:  NaN where the lower sum is 0
// Threads: immutable. Cost: O(users) per eight resamples; 16 B a user
// Oracle:  straight loops over a resampled log (tests/property/evaluate)
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "pipeline/evaluate/labelled_scores.h"
#include "pipeline/evaluate/statistic.h"

namespace freshet::pipeline {

class UserRatio final : public Statistic {
 public:
  struct Share {
    double upper = 0;
    double lower = 0;
  };
  // [users]
  explicit UserRatio(std::vector<Share> shares) : shares_(std::move(shares)) {}

  Values values(const UserWeights& weights) const override;

 private:
  std::vector<Share> shares_;
};

// Each over the rows of `users` users.
std::unique_ptr<const Statistic> log_loss(const LabelledScores& rows, std::size_t users);
std::unique_ptr<const Statistic> mean_predicted(const LabelledScores& rows, std::size_t users);
std::unique_ptr<const Statistic> mean_observed(const LabelledScores& rows, std::size_t users);
std::unique_ptr<const Statistic> predicted_over_observed(const LabelledScores& rows,
                                                         std::size_t users);

// GAUC (Zhu et al. 2017): the mean of the users' own AUCs, each weighted with the number of her
// impressions, over the users who have both labels.
struct GroupedAuc {
  std::unique_ptr<const Statistic> statistic;
  std::size_t users = 0;  // with both labels
  std::size_t impressions = 0;
};
GroupedAuc grouped_auc(const LabelledScores& rows, std::size_t users);

}  // namespace freshet::pipeline
