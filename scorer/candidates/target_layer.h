// One representation's target side: the vector T_p of a candidate's fields.
//
// Computes: the same attention as the user side, on a handful of rows, in double and in the order
// of
//           docs/formats.md, "Target side". No recency: fields have no age.
// Shapes:   fields [F][d], F >= 1; T_p [d]
// Errors:   none; what overflows shows in the result
// Threads:  immutable; Cost: O(F (H d + F H)), O(d^2) with Wv
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "scorer/model/model.h"

namespace freshet::scorer {

using FieldVectors = std::vector<std::vector<double>>;  // [F][d]

class TargetLayer {
 public:
  virtual ~TargetLayer() = default;
  virtual void apply(const FieldVectors& fields, std::span<double> target) const = 0;
};

// The layer of a representation of the model, which must outlive it.
std::unique_ptr<const TargetLayer> make_target_layer(const Model& model,
                                                     Representation representation);

}  // namespace freshet::scorer
