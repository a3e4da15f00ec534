#include "scorer/files/item_vectors.h"

#include <cmath>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/json_text.h"
#include "scorer/files/folder_files.h"
#include "scorer/files/matrix_file.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

Status check_ids(const std::vector<ItemId>& ids, const std::string& file) {
  std::unordered_map<std::string_view, std::size_t> line_of;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string place = file + ":" + std::to_string(i + 1);
    if (!is_valid_id(ids[i].view())) {
      return refuse_model(place, "an item id must be 1 to 128 bytes of valid UTF-8");
    }
    const auto [before, first] = line_of.emplace(ids[i].view(), i + 1);
    if (first) continue;
    return refuse_model(place, "item " + quote_excerpt(ids[i].view()) + " stands in line " +
                                   std::to_string(before->second) +
                                   " already; remove the line, and its row of the matrix");
  }
  return {};
}

}  // namespace

Result<ItemVectors> read_item_vectors(const std::filesystem::path& ids,
                                      const std::filesystem::path& matrix) {
  Result<std::vector<ItemId>> lines = read_items(ids);
  if (!lines) return tl::unexpected(lines.error());
  if (auto status = check_ids(*lines, ids.string()); !status) {
    return tl::unexpected(status.error());
  }
  Result<Matrix> rows = read_matrix(matrix);
  if (!rows) return tl::unexpected(rows.error());
  if (rows->rows != lines->size()) {
    return refuse_model(matrix.string(),
                        "has " + std::to_string(rows->rows) + " rows, " + ids.string() + " has " +
                            std::to_string(lines->size()) + " lines; row i belongs to line i");
  }
  for (std::size_t i = 0; i < rows->data.size(); ++i) {
    if (std::isfinite(rows->data[i])) continue;
    const std::size_t row = i / rows->cols;
    return refuse_model(matrix.string(), "row " + std::to_string(row) + ", column " +
                                             std::to_string(i % rows->cols) + " is " +
                                             std::to_string(rows->data[i]) + ", of item " +
                                             quote_excerpt((*lines)[row].view()) +
                                             "; give it a finite value, or leave the item out");
  }
  return ItemVectors{std::move(*lines), std::move(*rows)};
}

}  // namespace freshet::scorer
