#include "pipeline/evaluate/labelled_scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace freshet::pipeline {

std::vector<std::uint32_t> ascending(const LabelledScores& rows) {
  std::vector<std::uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::stable_sort(order.begin(), order.end(), [&rows](std::uint32_t a, std::uint32_t b) {
    return rows[a].logit < rows[b].logit;
  });
  return order;
}

double probability_of(float logit) { return 1 / (1 + std::exp(-double{logit})); }

// log(1 + exp(z)) - y z, without overflow.
double log_loss_of(float logit, bool clicked) {
  const double z = clicked ? -double{logit} : double{logit};
  return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z)));
}

}  // namespace freshet::pipeline
