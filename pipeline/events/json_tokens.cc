#include "pipeline/events/json_tokens.h"

#include <cstddef>
#include <cstdint>

namespace freshet::pipeline {
namespace {

// Takes digits from the front; false when there was none.
bool take_digits(std::string_view* token) {
  std::size_t count = 0;
  while (count < token->size() && (*token)[count] >= '0' && (*token)[count] <= '9') ++count;
  token->remove_prefix(count);
  return count > 0;
}

bool take_any_of(std::string_view characters, std::string_view* token) {
  if (token->empty() || characters.find(token->front()) == std::string_view::npos) return false;
  token->remove_prefix(1);
  return true;
}

std::uint32_t hex_digit(char character) {
  if (character >= '0' && character <= '9') return static_cast<std::uint32_t>(character - '0');
  if (character >= 'a' && character <= 'f') return static_cast<std::uint32_t>(character - 'a') + 10;
  return static_cast<std::uint32_t>(character - 'A') + 10;
}

std::uint32_t code_unit(const char* digits) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 4 | hex_digit(digits[i]);
  return value;
}

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

}  // namespace

NumberKind number_kind_of(std::string_view token) {
  take_any_of("-", &token);
  if (!take_any_of("0", &token) && !take_digits(&token)) return NumberKind::kInvalid;
  if (token.empty()) return NumberKind::kInteger;
  if (take_any_of(".", &token) && !take_digits(&token)) return NumberKind::kInvalid;
  if (take_any_of("eE", &token)) {
    take_any_of("+-", &token);
    if (!take_digits(&token)) return NumberKind::kInvalid;
  }
  return token.empty() ? NumberKind::kFloat : NumberKind::kInvalid;
}

bool has_paired_surrogates(const char* characters) {
  constexpr std::ptrdiff_t kEscapeBytes = 6;  // \uXXXX
  const char* at = characters;
  while (*at != '"') {
    if (*at != '\\') {
      ++at;
      continue;
    }
    if (at[1] != 'u') {
      at += 2;
      continue;
    }
    const std::uint32_t unit = code_unit(at + 2);
    at += kEscapeBytes;
    if (is_low_surrogate(unit)) return false;
    if (!is_high_surrogate(unit)) continue;
    if (at[0] != '\\' || at[1] != 'u' || !is_low_surrogate(code_unit(at + 2))) return false;
    at += kEscapeBytes;
  }
  return true;
}

}  // namespace freshet::pipeline
