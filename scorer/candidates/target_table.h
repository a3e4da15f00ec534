// The target side: T of every item, a pure function of the item, so computed once at load.
//
// Computes: T_p = the item's fields (its row alone, where the model names none) through the layer
//           of representation p, in double, rounded once to float; for target attention and `none`
//           the mean of the fields. Without fields T_p is the item's row itself, or Wv times it.
// Shapes:   [n, P d], or [n, d] where all T_p of an item are equal; T is then repeated P times
// Errors:   kInvalidModel naming the item whose vector does not fit float32
// Threads:  immutable; shared
// Cost:     O(n P F^2 (H d)) at load for F fields; 4 bytes a value, none where T is the item's row
// Source:   docs/formats.md, "Target side"
// Oracle:   scorer/reference/reference_attention.h (tests/property/scorer)
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "common/status.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

class TargetTable {
 public:
  static Result<TargetTable> create(std::shared_ptr<const Model> model);

  // d or P d; element k of the whole [P d] vector is row(item)[k % width()].
  std::size_t width() const { return width_; }
  const float* row(ItemRow item) const {
    const std::vector<float>& rows = own_.empty() ? model_->items.data : own_;
    return rows.data() + item.value * width_;
  }

  // What it takes beside the model.
  std::size_t heap_bytes() const { return own_.capacity() * sizeof(float); }

 private:
  TargetTable(std::shared_ptr<const Model> model, std::size_t width, std::vector<float> own);

  std::shared_ptr<const Model> model_;
  std::size_t width_ = 0;
  std::vector<float> own_;  // [n, width]; empty where T is the item's row
};

}  // namespace freshet::scorer
