// Statistic: one number that judged impressions give, under any weights of their users.
//
// Weight w of a user counts each of her impressions w times, so value() of a resample is what the
// statistic gives on the resampled log itself.
// Errors:  NaN where it is not defined, such as an AUC of one class alone
// Threads: immutable
// Oracle:  the same number of a log that was resampled literally (tests/property/evaluate)
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "pipeline/evaluate/user_weights.h"

namespace freshet::pipeline {

class Statistic {
 public:
  using Values = std::array<double, UserWeights::kLanes>;

  virtual ~Statistic() = default;

  virtual Values values(const UserWeights& weights) const = 0;
};

using Statistics = std::vector<std::unique_ptr<const Statistic>>;

}  // namespace freshet::pipeline
