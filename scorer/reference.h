// The naive twin: the model's definition as straight loops in double, for tests, benches and
// `replay --verify`.
//
// Computes: what attention_pool.h and candidate_scorer.h compute, from docs/formats.md and the
//           model alone: no factoring, no cache, no grid, the C library's exp and tanh. It includes
//           nothing of scorer/ but the model, so a mistake there cannot repeat itself here.
// Shapes:   clicks [n] in any order, u [B d], candidates [C]
// Errors:   none
// Cost:     representation O(n d H); logits O(C 3 B d h1)
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/time.h"
#include "scorer/model.h"

namespace freshet::scorer {

struct ReferenceClick {
  EventTime ts;
  std::optional<ItemRow> row;
};

// alpha_i [n, S] over the visible clicks; zeros for unknown items.
std::vector<double> reference_weights(const Model& model, std::size_t behaviour,
                                      std::span<const ReferenceClick> clicks);

// u [d] of one behaviour.
std::vector<double> reference_representation(const Model& model, std::size_t behaviour,
                                             std::span<const ReferenceClick> clicks);

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

std::vector<ReferenceLogit> reference_logits(const Model& model, std::span<const double> u,
                                             const ReferenceWideInputs& wide,
                                             std::span<const ItemRow> candidates);

double reference_sigmoid(double logit);

}  // namespace freshet::scorer
