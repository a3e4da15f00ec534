// One's own embeddings: a list of item ids and the matrix whose row i belongs to line i.
//
// Format:  ids: one a line, as items.txt. Matrix: .npy of NumPy (version 1 to 3, '<f4', C order,
//          [n, d]), or a safetensors file with one F32 tensor [n, d]; its first bytes tell which
// Errors:  kInvalidModel naming file, line or row, and remedy: a shape that does not fit the ids,
// an
//          id that is none or is there twice, a value that is not finite
// Threads: free functions. Cost: one read of both files
#pragma once

#include <filesystem>
#include <vector>

#include "common/ids.h"
#include "common/status.h"
#include "scorer/model/attention.h"

namespace freshet::scorer {

struct ItemVectors {
  std::vector<ItemId> ids;  // [n]
  Matrix rows;              // [n, d]
};

Result<ItemVectors> read_item_vectors(const std::filesystem::path& ids,
                                      const std::filesystem::path& matrix);

}  // namespace freshet::scorer
