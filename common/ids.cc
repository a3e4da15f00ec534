#include "common/ids.h"

#include <cstdint>

namespace freshet {
namespace {

// The ranges of the first continuation byte per lead byte are those of Unicode table 3-7: they are
// what excludes overlong forms, surrogates and values above U+10FFFF.
struct LeadByte {
  int continuation_bytes;
  std::uint8_t second_min;
  std::uint8_t second_max;
};

LeadByte classify(std::uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {-1, 0, 0};
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto lead = static_cast<std::uint8_t>(bytes[at]);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    const LeadByte kind = classify(lead);
    if (kind.continuation_bytes < 0) return false;
    const auto length = static_cast<std::size_t>(kind.continuation_bytes);
    if (bytes.size() - at <= length) return false;
    const auto second = static_cast<std::uint8_t>(bytes[at + 1]);
    if (second < kind.second_min || second > kind.second_max) return false;
    for (std::size_t i = 2; i <= length; ++i) {
      const auto next = static_cast<std::uint8_t>(bytes[at + i]);
      if (next < 0x80 || next > 0xBF) return false;
    }
    at += length + 1;
  }
  return true;
}

bool is_valid_id(std::string_view bytes) {
  return !bytes.empty() && bytes.size() <= kIdBytesMax && is_valid_utf8(bytes);
}

}  // namespace freshet
