#include "common/json_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "common/ids.h"

namespace freshet {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

void append_hex(std::uint8_t byte, std::string* out) {
  out->push_back(kHexDigits[byte >> 4]);
  out->push_back(kHexDigits[byte & 0xF]);
}

bool needs_escape(char character) {
  return static_cast<std::uint8_t>(character) < 0x20 || character == '"' || character == '\\';
}

template <class Word>
std::uint64_t word_at(const char* place) {
  Word word;
  std::memcpy(&word, place, sizeof word);
  return word;
}

// Whether one of eight bytes needs an escape.
bool any_needs_escape(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const auto any_below = [](std::uint64_t each, std::uint64_t bound) {
    return ((each - kOnes * bound) & ~each & kHighs) != 0;
  };
  return any_below(bytes, 0x20) || any_below(bytes ^ (kOnes * '"'), 1) ||
         any_below(bytes ^ (kOnes * '\\'), 1);
}

// The last word overlaps the one before.
bool any_needs_escape(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.size() >= 8) {
    for (const char* at = text.data(); at < end - 8; at += 8) {
      if (any_needs_escape(word_at<std::uint64_t>(at))) return true;
    }
    return any_needs_escape(word_at<std::uint64_t>(end - 8));
  }
  if (text.size() >= 4) {
    return any_needs_escape(word_at<std::uint32_t>(text.data()) | word_at<std::uint32_t>(end - 4)
                                                                      << 32);
  }
  return std::any_of(text.begin(), text.end(), needs_escape);
}

void append_escaped(char character, std::string* out) {
  switch (character) {
    case '"':
      *out += "\\\"";
      return;
    case '\\':
      *out += "\\\\";
      return;
    case '\b':
      *out += "\\b";
      return;
    case '\f':
      *out += "\\f";
      return;
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    default:
      *out += "\\u00";
      append_hex(static_cast<std::uint8_t>(character), out);
  }
}

bool is_continuation(char byte) { return (static_cast<std::uint8_t>(byte) & 0xC0) == 0x80; }

}  // namespace

void append_json_string(std::string_view text, std::string* out) {
  out->push_back('"');
  std::size_t copied = 0;
  const std::size_t looked_at = any_needs_escape(text) ? text.size() : 0;
  for (std::size_t at = 0; at < looked_at; ++at) {
    if (!needs_escape(text[at])) continue;
    out->append(text, copied, at - copied);
    append_escaped(text[at], out);
    copied = at + 1;
  }
  out->append(text, copied);
  out->push_back('"');
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(text, &out);
  return out;
}

void append_base64(std::string_view bytes, std::string* out) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out->reserve(out->size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = bytes.size() - at < 3 ? bytes.size() - at : 3;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group <<= 8;
      if (i < count) group |= static_cast<std::uint8_t>(bytes[at + i]);
    }
    out->push_back(kAlphabet[group >> 18]);
    out->push_back(kAlphabet[(group >> 12) & 0x3F]);
    out->push_back(count > 1 ? kAlphabet[(group >> 6) & 0x3F] : '=');
    out->push_back(count > 2 ? kAlphabet[group & 0x3F] : '=');
  }
}

std::string in_utf8(std::string_view text) {
  std::string out(text);
  if (!is_valid_utf8(text)) {
    std::replace_if(
        out.begin(), out.end(), [](char byte) { return static_cast<std::uint8_t>(byte) > 0x7F; },
        '?');
  }
  return out;
}

std::string quote_excerpt(std::string_view text) {
  std::string_view shown = text.substr(0, kExcerptBytesMax);
  if (shown.size() < text.size()) {
    // At most three steps back: a longer run of continuation bytes is not UTF-8 anyway.
    for (int step = 0; step < 3 && is_continuation(text[shown.size()]); ++step) {
      shown.remove_suffix(1);
    }
  }
  std::string out;
  if (is_valid_utf8(shown)) {
    append_json_string(shown, &out);
  } else {
    out.push_back('"');
    for (const char byte : shown) {
      const auto value = static_cast<std::uint8_t>(byte);
      if (value >= 0x20 && value < 0x7F && byte != '"' && byte != '\\') {
        out.push_back(byte);
      } else {
        out += "\\x";
        append_hex(value, &out);
      }
    }
    out.push_back('"');
  }
  if (shown.size() < text.size()) out += "...";
  return out;
}

}  // namespace freshet
