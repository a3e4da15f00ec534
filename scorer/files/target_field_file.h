// target_fields.txt: which rows of target.embedding are the fields of each item.
//
// Format:  one line an item, in the order of items.txt; per field that model.yaml names beside
//          `item` a row number in decimal, or - where the item has no such field; one space between
// Errors:  kInvalidModel naming file, line and remedy. That the rows exist is check_model's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"

namespace freshet::scorer {

using FieldRows = std::vector<std::optional<std::uint32_t>>;  // [lines, columns]

// `file` is how messages name it.
Result<FieldRows> parse_target_fields(std::string_view text, std::size_t columns,
                                      const std::string& file);

std::string target_fields_text(const FieldRows& rows, std::size_t columns);

}  // namespace freshet::scorer
