// The naive twin of every attention: user side, target side and target attention, in double.
//
// Computes: what pool.h, target_table.h and attended_layer.h compute,
//           from docs/formats.md and the model alone. It includes nothing of scorer/ but the model,
//           so a mistake there cannot repeat itself here.
// Shapes:   clicks [n] in any order, u and T_p [d]
// Errors:   none
// Cost:     O(n d H), self-attention O(n d H + n^2 (H + d))
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "common/time.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

struct ReferenceClick {
  EventTime ts;
  std::optional<ItemRow> row;
};

// Traditional attention's alpha_i [n, S] over the visible clicks; zeros for unknown items.
std::vector<double> reference_weights(const Model& model, std::size_t behaviour,
                                      std::span<const ReferenceClick> clicks);

// u [d] of representation p of Model::representations(). Requires: it is not of kind kTarget.
std::vector<double> reference_representation(const Model& model, std::size_t p,
                                             std::span<const ReferenceClick> clicks);

// T_p [d] of an item: its fields, or its row alone, through the same layer.
std::vector<double> reference_target(const Model& model, std::size_t p, ItemRow item);

// u [d] of representation p, of kind kTarget, for one candidate.
std::vector<double> reference_attended(const Model& model, std::size_t p,
                                       std::span<const ReferenceClick> clicks, ItemRow candidate);

}  // namespace freshet::scorer
