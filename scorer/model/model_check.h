// The one gate that every Model passes before it is served or written.
//
// Checks sizes against model_limits.h, names, crosses, the length and the finiteness of each
// tensor, and the items' ids (valid, distinct, one a row). Errors: kInvalidModel naming the tensor
// and the index, or the item's line. Cost: one pass over all values.
#pragma once

#include "common/status.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

// Names, sizes and options, before anything is allocated for the tensors.
Status check_shapes(const Model& model);

// All of it. Requires: index_items() was called.
Status check_model(const Model& model);

}  // namespace freshet::scorer
