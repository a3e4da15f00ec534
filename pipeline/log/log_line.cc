#include "pipeline/log/log_line.h"

#include <cstdint>

#include "common/ids.h"
#include "common/json_text.h"

namespace freshet::pipeline {
namespace {

constexpr std::uint8_t kDelete = 0x7F;

void append_escape(std::uint8_t byte, std::string* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  if (byte == '\n') {
    *out += "\\n";
  } else if (byte == '\t') {
    *out += "\\t";
  } else {
    *out += "\\x";
    out->push_back(kDigits[byte >> 4]);
    out->push_back(kDigits[byte & 0xF]);
  }
}

}  // namespace

std::string one_line(std::string_view message) {
  const bool utf8 = is_valid_utf8(message);
  std::string line;
  line.reserve(message.size());
  for (const char character : message) {
    const auto byte = static_cast<std::uint8_t>(character);
    if (byte < 0x20 || byte == kDelete || (byte > kDelete && !utf8)) {
      append_escape(byte, &line);
    } else {
      line.push_back(character);
    }
  }
  return line;
}

std::string json_fields(std::string_view source, std::string_view message) {
  std::string fields;
  if (!source.empty()) {
    fields += "\"source\":";
    append_json_string(source, &fields);
    fields.push_back(',');
  }
  fields += "\"message\":";
  append_json_string(is_valid_utf8(message) ? std::string(message) : one_line(message), &fields);
  return fields;
}

std::string text_fields(std::string_view source, std::string_view message) {
  std::string fields(source);
  if (!source.empty()) fields += ": ";
  return fields + one_line(message);
}

}  // namespace freshet::pipeline
