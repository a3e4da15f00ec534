// The attention scores of every item: a pure function of the item, so computed once at load.
//
// Computes: h = act(W1 x + b1), s = W2 h + b2, in double: their float rounding would cost more than
//           the 1e-6 that the representation promises once scores reach about 8.
// Shapes:   x [d], s [S]; S = 1 (scalar) or d (per channel); the table is [n, S]
// Errors:   kInvalidModel naming the item whose score is not finite or beyond 2^30
// Cost:     O(n H (d + S)) at load, 8 n S bytes
// Oracle:   scorer/reference/reference.h (tests/property/scorer)
#pragma once

#include <cstddef>
#include <vector>

#include "common/status.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

struct AttentionScores {
  std::size_t width = 0;     // S
  std::vector<double> data;  // [n, S]

  const double* row(ItemRow item) const { return data.data() + item.value * width; }
};

Result<AttentionScores> attention_scores(const Model& model, std::size_t behaviour);

// Replaces each row of scores by its softmax over the channels, each weight rounded to float.
void softmax_over_channels(AttentionScores* scores);

}  // namespace freshet::scorer
