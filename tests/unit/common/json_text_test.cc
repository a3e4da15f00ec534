#include "common/json_text.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::json_text_test {

// Byte by byte, as RFC 8259 has it.
std::string plain_json_string(std::string_view text) {
  std::string out = "\"";
  for (const char character : text) {
    const std::string_view named = "\b\f\n\r\t\"\\";
    const std::size_t at = named.find(character);
    if (at != std::string_view::npos) {
      out += '\\';
      out += "bfnrt\"\\"[at];
    } else if (static_cast<unsigned char>(character) < 0x20) {
      char digits[7];
      std::snprintf(digits, sizeof digits, "\\u%04x", static_cast<unsigned>(character));
      out += digits;
    } else {
      out += character;
    }
  }
  return out + '"';
}

TEST(JsonTextTest, AnyByteAtAnyPlaceIsEscapedWhereItHasToBe) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(json_string(text), plain_json_string(text)) << size << " " << at << " " << byte;
      }
    }
  }
}

TEST(JsonTextTest, StringsOfManyEscapesAreThoseOfThePlainLoop) {
  Random random(test::test_seed());
  for (int i = 0; i < 10'000; ++i) {
    std::string text;
    const double share = random.uniform(0, 0.5);
    for (std::uint64_t left = random.below(40); left > 0; --left) {
      const std::uint64_t byte = random.chance(share) ? random.below(0x20) : random.below(256);
      text += random.chance(share / 4) ? "\"\\"[byte % 2] : static_cast<char>(byte);
    }
    ASSERT_EQ(json_string(text), plain_json_string(text));
  }
}

}  // namespace freshet::json_text_test
