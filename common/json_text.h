// Small text encodings: JSON strings and numbers, base64, and excerpts of input for messages.
//
// JSON strings escape what RFC 8259 asks for and no more: " and \, and the control characters below
// U+0020 (as \b \f \n \r \t where there is such a form, else as \u00xx with lower-case digits).
// Errors: none. Threads: free functions. Cost: linear.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace freshet {

// Appends `text` as a JSON string, quotes included. Bytes above 0x7f are copied, so the result is
// valid JSON exactly when `text` is valid UTF-8.
void append_json_string(std::string_view text, std::string* out);
std::string json_string(std::string_view text);

// Appends a number as std::to_chars writes it: of a float the shortest text that reads back as the
// same bits. Requires: it is finite, because JSON has no other numbers.
template <class Number>
void append_number(Number number, std::string* out) {
  std::array<char, 32> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out->append(digits.data(), written.ptr);
}

// Appends `bytes` in base64 (RFC 4648 section 4, with padding).
void append_base64(std::string_view bytes, std::string* out);

// `text`, for a message: where it is not UTF-8, with ? for each byte beyond ASCII.
std::string in_utf8(std::string_view text);

// The first kExcerptBytesMax bytes of `text` as a JSON string, cut on a UTF-8 boundary and followed
// by "..." where something was left out. Bytes that are not UTF-8 become \x escapes, so a message
// is always valid UTF-8, on one line, and short.
inline constexpr std::size_t kExcerptBytesMax = 64;
std::string quote_excerpt(std::string_view text);

}  // namespace freshet
