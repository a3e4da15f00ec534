// What the error of a representation is measured against: docs/formats.md, "Representation".
//
// Computes: the largest |x| of the visible known clicks; with a softmax over channels the largest
//           sum of |alpha x|, where that is more; of self-attention times the number of rows where
//           they are added up, and times the largest sum of a row of |Wv| where there is one
// Errors:   none; 0 without a known click
// Cost:     O(n d), over channels the reference's weights
#pragma once

#include <span>

#include "scorer/model/model.h"
#include "scorer/reference/reference.h"

namespace freshet::scorer {

// Of a representation of kind kTraditional or kSelf.
double representation_scale(const Model& model, Representation representation,
                            std::span<const ReferenceClick> clicks);

}  // namespace freshet::scorer
