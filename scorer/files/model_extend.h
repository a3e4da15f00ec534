// The next version of a model with further items, or other vectors of those that it has.
//
// Computes: a copy in which each given item has the given row: in its place where the model knows
//           it, else behind the others. All else is the old model's, so old items keep their rows.
//           New items have none of the target fields but `item`
// Errors:   kInvalidModel: another dimension than the model's, a version that is not greater
// Threads:  a free function. Cost: one copy of the model
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/status.h"
#include "scorer/files/item_vectors.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

struct ExtendedModel {
  Model model;
  std::size_t added = 0;
  std::size_t replaced = 0;
};

// `more` may be empty: the same model under another number.
Result<ExtendedModel> extend_model(const Model& old, std::uint64_t version,
                                   const ItemVectors& more);

}  // namespace freshet::scorer
