// The naive twin: the whole model as straight loops in double, for tests, benches and
// `replay --verify`.
//
// Computes: what traditional_pool.h and candidate_scorer.h compute, from docs/formats.md and the
//           model alone: no factoring, no cache, no grid, the C library's exp and tanh. It includes
//           nothing of scorer/ but the model, so a mistake there cannot repeat itself here.
// Shapes:   clicks [B][n] in any order, u [P d], candidates [C]
// Errors:   none
// Cost:     representations as reference_attention.h has them; logits O(C 3 P d h1)
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scorer/model/model.h"
#include "scorer/reference/reference_attention.h"

namespace freshet::scorer {

// What the wide side reads, with the context fields' names beside their values.
struct ReferenceWideInputs {
  std::string_view user_id;
  std::span<const std::string> context_fields;
  std::span<const std::optional<std::string_view>> context;
  std::span<const ItemRow> recent;  // newest first
};

struct ReferenceLogit {
  double deep = 0;
  double wide = 0;
  double total = 0;
};

// From U. Requires: no representation depends on the candidate (variant target).
std::vector<ReferenceLogit> reference_logits(const Model& model, std::span<const double> u,
                                             const ReferenceWideInputs& wide,
                                             std::span<const ItemRow> candidates);

// From the visible clicks of each behaviour of the model, for every variant.
std::vector<ReferenceLogit> reference_logits(const Model& model,
                                             std::span<const std::vector<ReferenceClick>> clicks,
                                             const ReferenceWideInputs& wide,
                                             std::span<const ItemRow> candidates);

double reference_sigmoid(double logit);

}  // namespace freshet::scorer
