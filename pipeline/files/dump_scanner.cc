#include "pipeline/files/dump_scanner.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/ids.h"

namespace freshet::pipeline {
namespace {

void append_utf8(std::uint32_t code, std::string* out) {
  const auto byte = [&](std::uint32_t bits) { out->push_back(static_cast<char>(bits)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | (code >> 6));
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3f));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

// The character's value in base64, or none.
std::optional<std::uint32_t> sextet(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

// The bytes that RFC 4648 base64 with padding stands for; none for anything but its canonical form.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const std::optional<std::uint32_t> value = sextet(c);
    if (!value) return std::nullopt;
    bits = (bits << 6) | *value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>((bits >> count) & 0xff));
  }
  const std::uint32_t rest = bits & ((1U << count) - 1);
  if (rest != 0) return std::nullopt;
  return bytes;
}

}  // namespace

void DumpScanner::fail(std::string_view problem) {
  if (ok()) problem_ = "column " + std::to_string(at_ + 1) + ": " + std::string(problem);
}

void DumpScanner::skip_space() {
  while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
}

bool DumpScanner::take(char symbol) {
  if (!ok()) return false;
  skip_space();
  if (at_ == text_.size() || text_[at_] != symbol) return false;
  ++at_;
  return true;
}

void DumpScanner::expect(char symbol) {
  if (!take(symbol)) fail(std::string("expected ") + symbol);
}

void DumpScanner::expect_end() {
  skip_space();
  if (at_ != text_.size()) fail("expected the end of the line");
}

bool DumpScanner::take_null() {
  if (!ok()) return false;
  skip_space();
  if (!text_.substr(at_).starts_with("null")) return false;
  at_ += 4;
  return true;
}

std::int64_t DumpScanner::integer() {
  if (!ok()) return 0;
  skip_space();
  std::int64_t value = 0;
  const char* begin = text_.data() + at_;
  const auto [end, status] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (status != std::errc()) {
    fail("expected an integer of 64 bits");
    return 0;
  }
  at_ += static_cast<std::size_t>(end - begin);
  return value;
}

std::string DumpScanner::string() {
  std::string bytes;
  expect('"');
  while (ok()) {
    if (at_ == text_.size()) {
      fail("the string does not end");
      break;
    }
    const char c = text_[at_++];
    if (c == '"') {
      if (!is_valid_utf8(bytes)) fail("the string before is not UTF-8");
      break;
    }
    if (c == '\\') {
      append_escape(&bytes);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fail("a control character inside a string");
    } else {
      bytes.push_back(c);
    }
  }
  return ok() ? bytes : std::string();
}

void DumpScanner::append_escape(std::string* out) {
  static constexpr std::string_view kLetters = "\"\\/bfnrt";
  static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char letter = at_ < text_.size() ? text_[at_++] : '\0';
  if (const std::size_t which = kLetters.find(letter); which != kLetters.npos) {
    out->push_back(kMeanings[which]);
    return;
  }
  if (letter != 'u') return fail("an unknown escape");
  std::uint32_t code = hex4();
  if (code >= 0xdc00 && code < 0xe000) return fail("a surrogate without its other half");
  if (code >= 0xd800 && code < 0xdc00) {
    if (!text_.substr(at_).starts_with("\\u")) return fail("a surrogate without its other half");
    at_ += 2;
    const std::uint32_t low = hex4();
    if (low < 0xdc00 || low >= 0xe000) return fail("a surrogate without its other half");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  append_utf8(code, out);
}

std::uint32_t DumpScanner::hex4() {
  const std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
  std::uint32_t value = 0;
  const auto [end, status] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 4 || status != std::errc() || end != digits.data() + 4) {
    fail("expected four hexadecimal digits");
    return 0;
  }
  at_ += 4;
  return value;
}

std::string DumpScanner::base64() {
  const std::string text = string();
  if (!ok()) return {};
  std::optional<std::string> bytes = decode_base64(text);
  if (!bytes) fail("the string before is not base64");
  return bytes.value_or("");
}

}  // namespace freshet::pipeline
