// LabelledScores: some judged impressions of one model: whose, how scored, clicked or not.
//
// Threads: plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace freshet::pipeline {

struct LabelledScore {
  std::uint32_t user = 0;  // an index
  float logit = 0;         // finite
  bool clicked = false;
};

using LabelledScores = std::vector<LabelledScore>;

// The places of the rows in ascending order of their logits; among equal ones in their own order.
std::vector<std::uint32_t> ascending(const LabelledScores& rows);

// The probability that a logit stands for, in double, and its logarithmic loss (in nats).
double probability_of(float logit);
double log_loss_of(float logit, bool clicked);

}  // namespace freshet::pipeline
