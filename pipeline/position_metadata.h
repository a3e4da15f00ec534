// The text that is committed with a position: which marker belongs to it.
//
// Grammar (docs/formats.md, "Position metadata"): "freshet/1 " lineage " " number, where lineage is
// 32 lower-case hexadecimal digits and number is decimal. Text without zero bytes, because clients
// treat it as a C string.
// Errors: kInvalidConfig for text that is not ours, naming it: the group has been used by another
//         program, or its positions were set by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/status.h"
#include "stateful/marker.h"

namespace freshet::pipeline {

struct MarkerRef {
  stateful::LineageId lineage;
  std::uint64_t number = 0;
  bool operator==(const MarkerRef&) const = default;
};

std::string encode_position_metadata(const MarkerRef& marker);
Result<MarkerRef> decode_position_metadata(std::string_view text);

}  // namespace freshet::pipeline
