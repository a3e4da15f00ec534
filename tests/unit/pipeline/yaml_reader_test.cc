// Text that is no configuration whatever its keys, as parse_config tells it.
#include "pipeline/config/yaml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pipeline/config/config_parser.h"

namespace freshet::pipeline::yaml_reader_test {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string problems_of(std::string_view yaml) {
  const Result<WorkerConfig> config = parse_config(yaml, "c.yaml");
  return config ? "" : config.error().message;
}

TEST(YamlReaderTest, BrokenFilesAreRefusedWithoutACrash) {
  EXPECT_THAT(problems_of(""), HasSubstr("the file is empty"));
  EXPECT_THAT(problems_of("# only a comment\n"), HasSubstr("the file is empty"));
  EXPECT_THAT(problems_of("---\n"), HasSubstr("the file is empty"));
  EXPECT_THAT(problems_of("- a\n- b\n"), HasSubstr("c.yaml:1:1: the file must be a map of keys"));
  EXPECT_THAT(problems_of("just text"), HasSubstr("must be a map of keys"));
  EXPECT_THAT(problems_of("threads: 1\n---\nthreads: 2\n"),
              HasSubstr("c.yaml:2:1: a second document"));
  // On this text yaml-cpp's own loader of all documents does not end.
  EXPECT_THAT(problems_of("# c\n!y: 1\n?\n: b\nkafka: [x]\n"), StartsWith("c.yaml:"));
  EXPECT_THAT(problems_of("kafka: {input: a"), StartsWith("c.yaml:1:"));
  EXPECT_THAT(problems_of("a: *nowhere"), HasSubstr("not valid YAML"));
  EXPECT_THAT(problems_of("\tthreads: 1"), HasSubstr("not valid YAML"));
  EXPECT_THAT(problems_of("threads: 1\x04\nthreads: 2"), HasSubstr("control characters"));
  EXPECT_THAT(problems_of("kafka: {input: \"a\xff\"}"), HasSubstr("not UTF-8"));
  EXPECT_THAT(problems_of("a: " + std::string(100'000, '[')), HasSubstr("nest too deeply"));
  EXPECT_THAT(problems_of(std::string(300'000, '#')), HasSubstr("larger than 256 KiB"));
}

TEST(YamlReaderTest, AliasThatHoldsItselfIsRefused) {
  EXPECT_EQ(problems_of("events: {context: &a [*a]}"),
            "c.yaml:1:23: an alias stands inside of what it names");
  EXPECT_THAT(problems_of("kafka: &k {kafka: *k}"), HasSubstr("inside of what it names"));
}

TEST(YamlReaderTest, AliasesThatExpandWithoutEndAreRefused) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) laughs += ", " + before;
    laughs += "]\n";
  }
  EXPECT_THAT(problems_of(laughs), HasSubstr("expands to more than 50000 values"));
}

// yaml-cpp names the first byte of a character alone.
TEST(YamlReaderTest, AnEscapeOfACharacterOfSeveralBytesIsRefusedInUtf8) {
  EXPECT_EQ(problems_of("threads: \"a\\\xf1\x9c\x9e\x84\"\n"),
            "c.yaml:1:14: not valid YAML: unknown escape character: ?");
}

TEST(YamlReaderTest, LineEndsAndByteOrderMarksOfOtherSystemsAreTaken) {
  for (const char* yaml :
       {"threads: 3\r\nlog:\r\n  level: debug\r\n", "\xef\xbb\xbfthreads: 3\nlog: {level: debug}\n",
        "---\nthreads: 3\nlog: {level: debug}\n...\n"}) {
    const Result<WorkerConfig> config = parse_config(yaml, "c.yaml");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->threads, 3U);
    EXPECT_EQ(config->log_level, "debug");
  }
}

}  // namespace freshet::pipeline::yaml_reader_test
