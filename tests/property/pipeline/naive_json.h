// A JSON reader that is only plain: recursive descent over RFC 8259, character by character.
//
// The oracle for what the event decoder accepts. It knows no limits on size, depth or numbers.
#pragma once

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/ids.h"

namespace freshet::test {

class NaiveJson {
 public:
  // True when the whole text is one well-formed JSON object in UTF-8, without lone surrogates.
  static bool is_object(std::string_view text) {
    if (!is_valid_utf8(text)) return false;
    NaiveJson reader(text);
    reader.space();
    if (!reader.object()) return false;
    reader.space();
    return reader.text_.empty();
  }

 private:
  explicit NaiveJson(std::string_view text) : text_(text) {}

  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  void space() {
    while (take(' ') || take('\t') || take('\n') || take('\r')) {
    }
  }

  bool value() {
    space();
    if (text_.empty()) return false;
    bool good = false;
    switch (text_.front()) {
      case '{':
        good = object();
        break;
      case '[':
        good = array();
        break;
      case '"':
        good = string();
        break;
      case 't':
        good = take("true");
        break;
      case 'f':
        good = take("false");
        break;
      case 'n':
        good = take("null");
        break;
      default:
        good = number();
    }
    space();
    return good;
  }

  bool object() {
    if (!take('{')) return false;
    space();
    if (take('}')) return true;
    do {
      space();
      if (!string()) return false;
      space();
      if (!take(':') || !value()) return false;
    } while (take(','));
    return take('}');
  }

  bool array() {
    if (!take('[')) return false;
    space();
    if (take(']')) return true;
    do {
      if (!value()) return false;
    } while (take(','));
    return take(']');
  }

  bool digits() {
    if (text_.empty() || std::isdigit(static_cast<unsigned char>(text_.front())) == 0) return false;
    while (!text_.empty() && std::isdigit(static_cast<unsigned char>(text_.front())) != 0) {
      text_.remove_prefix(1);
    }
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    std::int32_t high = 0;  // a high surrogate that waits for its other half
    while (!text_.empty()) {
      const char c = text_.front();
      text_.remove_prefix(1);
      if (high != 0 && c != '\\') return false;
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape(&high)) return false;
    }
    return false;
  }

  bool escape(std::int32_t* high) {
    if (take('u')) {
      const std::int32_t unit = hex4();
      const bool is_low = unit >= 0xDC00 && unit <= 0xDFFF;
      if (unit < 0 || is_low != (*high != 0)) return false;
      *high = unit >= 0xD800 && unit <= 0xDBFF ? unit : 0;
      return true;
    }
    if (*high != 0 || text_.empty()) return false;
    const bool known = std::string_view("\"\\/bfnrt").find(text_.front()) != std::string_view::npos;
    text_.remove_prefix(1);
    return known;
  }

  std::int32_t hex4() {
    std::int32_t unit = 0;
    for (int i = 0; i < 4; ++i) {
      if (text_.empty() || std::isxdigit(static_cast<unsigned char>(text_.front())) == 0) return -1;
      const int c = std::tolower(static_cast<unsigned char>(text_.front()));
      unit = unit * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
      text_.remove_prefix(1);
    }
    return unit;
  }

  std::string_view text_;
};

}  // namespace freshet::test
