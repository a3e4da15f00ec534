#include "pipeline/position_metadata.h"

#include <charconv>

namespace freshet::pipeline {
namespace {

constexpr std::string_view kPrefix = "freshet/1 ";
constexpr std::size_t kLineageDigits = 32;

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

bool parse_lineage(std::string_view digits, stateful::LineageId* lineage) {
  for (std::size_t i = 0; i < lineage->bytes.size(); ++i) {
    const int high = hex_value(digits[2 * i]);
    const int low = hex_value(digits[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    lineage->bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

}  // namespace

std::string encode_position_metadata(const MarkerRef& marker) {
  return std::string(kPrefix) + marker.lineage.hex() + " " + std::to_string(marker.number);
}

Result<MarkerRef> decode_position_metadata(std::string_view text) {
  const auto refuse = [&] {
    return error(ErrorCode::kInvalidConfig,
                 "the committed position's metadata \"" + std::string(text.substr(0, 80)) +
                     "\" is not Freshet's; the consumer group belongs to another program or was "
                     "reset by hand: choose another application_id");
  };
  if (!text.starts_with(kPrefix)) return refuse();
  std::string_view rest = text.substr(kPrefix.size());
  MarkerRef marker;
  if (rest.size() < kLineageDigits + 2 || rest[kLineageDigits] != ' ' ||
      !parse_lineage(rest.substr(0, kLineageDigits), &marker.lineage)) {
    return refuse();
  }
  rest.remove_prefix(kLineageDigits + 1);
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), marker.number);
  if (code != std::errc{} || end != rest.data() + rest.size()) return refuse();
  return marker;
}

}  // namespace freshet::pipeline
