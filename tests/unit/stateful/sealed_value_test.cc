#include "stateful/sealed_value.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet::stateful {
namespace sealed_value_test {

std::string sealed(std::string value) {
  seal(&value);
  return value;
}

ErrorCode refusal(std::string_view bytes) {
  const Result<OpenedValue> opened = unseal(bytes, 1, "note");
  EXPECT_FALSE(opened.has_value());
  return opened ? ErrorCode::kFatal : opened.error().code;
}

TEST(SealedValueTest, CheckIsThePublishedXxh3) { EXPECT_EQ(xxh3_64(""), 0x2d06800538d394c2U); }

TEST(SealedValueTest, SealedBodyComesBack) {
  const std::string bytes = sealed("\x01 body");
  EXPECT_EQ(bytes.size(), 6U + 8U);
  const Result<OpenedValue> opened = unseal(bytes, 1, "note");
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->version, 1);
  EXPECT_EQ(opened->body, " body");
}

TEST(SealedValueTest, DamageIsCorruptWhereverItIs) {
  const std::string bytes = sealed("\x01 body");
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string damaged = bytes;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << (i % 8)));
    EXPECT_EQ(refusal(damaged), ErrorCode::kCorruptState) << "bit " << i;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(refusal(bytes.substr(0, size)), ErrorCode::kCorruptState) << size << " bytes";
  }
}

TEST(SealedValueTest, IntactValueOfANewerFormatIsRefusedByName) {
  const Result<OpenedValue> opened = unseal(sealed("\x02 body"), 1, "note");
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(opened.error().message,
            "note was written by a newer Freshet (format 2; this one reads up to 1): "
            "run that version or newer");
}

TEST(SealedValueTest, FormatZeroIsCorrupt) {
  EXPECT_EQ(refusal(sealed(std::string(1, '\0'))), ErrorCode::kCorruptState);
}

}  // namespace sealed_value_test
}  // namespace freshet::stateful
