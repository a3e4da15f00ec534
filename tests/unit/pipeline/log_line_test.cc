#include "pipeline/log/log_line.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet::pipeline::log_line_test {

TEST(LogLineTest, NothingInAMessageStartsALineOfItsOwn) {
  EXPECT_EQ(one_line("user a\n2026-01-01 error forged"), "user a\\n2026-01-01 error forged");
  EXPECT_EQ(one_line("a\r\tb\x1b[31m\x7f"), "a\\x0d\\tb\\x1b[31m\\x7f");
}

TEST(LogLineTest, Utf8StaysAndOtherBytesAreEscaped) {
  EXPECT_EQ(one_line("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(one_line("caf\xe9"), "caf\\xe9");
}

TEST(LogLineTest, JsonHoldsSourceAndMessageAsStrings) {
  EXPECT_EQ(json_fields("", "a\n\"b\""), R"("message":"a\n\"b\"")");
  EXPECT_EQ(json_fields("librdkafka", "x"), R"("source":"librdkafka","message":"x")");
  EXPECT_EQ(json_fields("", "\xff"), R"("message":"\\xff")");
}

TEST(LogLineTest, TextNamesItsSourceInFront) {
  EXPECT_EQ(text_fields("rocksdb", "[WARN] slow\n"), "rocksdb: [WARN] slow\\n");
  EXPECT_EQ(text_fields("", "plain"), "plain");
}

}  // namespace freshet::pipeline::log_line_test
