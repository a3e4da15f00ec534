#include "pipeline/http/user_path.h"

#include <optional>
#include <string>
#include <utility>

namespace freshet::pipeline {
namespace {

std::optional<unsigned> hex_digit(char character) {
  if (character >= '0' && character <= '9') return static_cast<unsigned>(character - '0');
  if (character >= 'a' && character <= 'f') return static_cast<unsigned>(character - 'a' + 10);
  if (character >= 'A' && character <= 'F') return static_cast<unsigned>(character - 'A' + 10);
  return std::nullopt;
}

}  // namespace

Result<UserId> user_id_of_path(std::string_view encoded) {
  // Each byte takes at most three characters: nothing longer is worth decoding.
  if (encoded.size() > 3 * kIdBytesMax) {
    return error(ErrorCode::kBadRecord, "the user's id is longer than 128 bytes");
  }
  std::string id;
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    if (encoded[at] == '/') {
      return error(ErrorCode::kBadRecord, "a / inside the user's id must be sent as %2F");
    }
    if (encoded[at] != '%') {
      id.push_back(encoded[at]);
      continue;
    }
    const auto high = at + 2 < encoded.size() ? hex_digit(encoded[at + 1]) : std::nullopt;
    const auto low = high ? hex_digit(encoded[at + 2]) : std::nullopt;
    if (!low) {
      return error(ErrorCode::kBadRecord,
                   "a % in the user's id must be followed by two hex digits");
    }
    id.push_back(static_cast<char>(*high * 16 + *low));
    at += 2;
  }
  if (!is_valid_id(id)) {
    return error(ErrorCode::kBadRecord, "the user's id must be 1 to 128 bytes of UTF-8");
  }
  return UserId(std::move(id));
}

}  // namespace freshet::pipeline
