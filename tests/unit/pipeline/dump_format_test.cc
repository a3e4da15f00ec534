#include "pipeline/files/dump_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::pipeline {
namespace {

using testing::HasSubstr;

std::string line_of(const DumpRecord& record) {
  std::string line;
  encode_dump_record(record, &line);
  return line;
}

std::string random_bytes(Random* random, std::uint64_t length_max) {
  std::string bytes(random->below(length_max + 1), '\0');
  const bool ascii = random->chance(0.5);
  for (char& byte : bytes) byte = static_cast<char>(random->below(ascii ? 128 : 256));
  return bytes;
}

std::optional<std::string> maybe_bytes(Random* random) {
  if (random->chance(0.2)) return std::nullopt;
  return random_bytes(random, 20);
}

DumpRecord random_record(Random* random) {
  DumpRecord record;
  record.partition.value = static_cast<std::int32_t>(random->below(1'000));
  record.offset.value = static_cast<std::int64_t>(random->below(1ULL << 62));
  if (random->chance(0.8)) {
    record.timestamp = EventTime{static_cast<std::int64_t>(random->below(1ULL << 42)) - 1'000};
  }
  record.key = maybe_bytes(random);
  record.value = maybe_bytes(random);
  for (std::uint64_t i = random->below(3); i > 0; --i) {
    record.headers.push_back({random_bytes(random, 8), maybe_bytes(random)});
  }
  return record;
}

TEST(DumpFormatTest, TheFirstLineNamesTopicAndPartitions) {
  std::string line;
  encode_dump_topic({"my \"clicks\"", 4}, &line);
  EXPECT_EQ(line, R"({"freshet_dump":1,"topic":"my \"clicks\"","partitions":4})");
  EXPECT_TRUE(is_dump_topic(line));
  EXPECT_EQ(decode_dump_topic(line).value(), (DumpTopic{"my \"clicks\"", 4}));
}

TEST(DumpFormatTest, ARecordIsOneLineInAFixedOrder) {
  DumpRecord record;
  record.partition = Partition{3};
  record.offset = Offset{42};
  record.timestamp = EventTime{1'602'633'600'123};
  record.key = "u1";
  record.value = "{\"a\":1}";
  EXPECT_EQ(line_of(record), R"({"partition":3,"offset":42,"timestamp":1602633600123,"key":"u1",)"
                             R"("value":"{\"a\":1}"})");
}

TEST(DumpFormatTest, NullsHeadersAndBytesThatAreNotTextHaveTheirForms) {
  DumpRecord record;
  record.value = "\xff\xfe";
  record.headers = {{"reason", "x"}, {"none", std::nullopt}, {"\x80", "\x81"}};
  EXPECT_EQ(line_of(record),
            R"({"partition":0,"offset":0,"timestamp":null,"key":null,"value_base64":"//4=",)"
            R"("headers":[{"name":"reason","value":"x"},{"name":"none","value":null},)"
            R"({"name_base64":"gA==","value_base64":"gQ=="}]})");
}

TEST(DumpFormatTest, WhiteSpaceAndEscapesOfOtherWritersAreRead) {
  const auto record = decode_dump_record(
      " { \"partition\" : 1 , \"offset\":2, \"timestamp\": 3,\t\"key\": "
      "\"\\u00e9\\ud83d\\ude00\\/\", \"value\" : null } ");
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->key, "\xc3\xa9\xf0\x9f\x98\x80/");
  EXPECT_EQ(record->value, std::nullopt);
}

TEST(DumpFormatTest, ABareLogsFirstLineIsNoDump) {
  EXPECT_FALSE(is_dump_topic(R"({"user_id":"u1","item_id":"v9"})"));
  EXPECT_FALSE(is_dump_topic(""));
  EXPECT_FALSE(is_dump_topic("freshet_dump"));
}

TEST(DumpFormatTest, AnUnknownVersionIsRefusedByName) {
  const auto topic = decode_dump_topic(R"({"freshet_dump":2,"topic":"t","partitions":1})");
  ASSERT_FALSE(topic);
  EXPECT_THAT(topic.error().message, HasSubstr("version 2"));
}

TEST(DumpFormatTest, BadLinesAreRefusedWithTheirColumn) {
  const std::string bad[] = {
      "",
      "{}",
      R"({"partition":-1,"offset":0,"timestamp":0,"key":null,"value":null})",
      R"({"partition":0,"offset":-1,"timestamp":0,"key":null,"value":null})",
      R"({"partition":4294967296,"offset":0,"timestamp":0,"key":null,"value":null})",
      R"({"partition":0,"offset":99999999999999999999,"timestamp":0,"key":null,"value":null})",
      R"({"partition":0,"offset":0,"timestamp":1.5,"key":null,"value":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"key":7,"value":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"value":null,"key":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"key":"\x","value":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"key":"\ud800","value":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"key":"\udc00","value":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"key":"\ud800\u0041","value":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"key":"\u12","value":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"key_base64":"A","value":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"key_base64":"A===","value":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"key_base64":"AB==","value":null})",
      R"({"partition":0,"offset":0,"timestamp":0,"key":null,"value":null,"headers":[]})",
      R"({"partition":0,"offset":0,"timestamp":0,"key":null,"value":null} x)",
      "{\"partition\":0,\"offset\":0,\"timestamp\":0,\"key\":\"\xff\",\"value\":null}",
      "{\"partition\":0,\"offset\":0,\"timestamp\":0,\"key\":\"a\nb\",\"value\":null}",
  };
  for (const std::string& line : bad) {
    const auto record = decode_dump_record(line);
    ASSERT_FALSE(record) << line;
    EXPECT_EQ(record.error().code, ErrorCode::kBadRecord);
    EXPECT_THAT(record.error().message, HasSubstr("column ")) << line;
  }
}

TEST(DumpFormatTest, EveryRecordComesBackAsItWas) {
  Random random(test::test_seed());
  for (int i = test::case_count(10'000); i > 0; --i) {
    const DumpRecord record = random_record(&random);
    const std::string line = line_of(record);
    ASSERT_EQ(line.find('\n'), std::string::npos);
    const auto decoded = decode_dump_record(line);
    ASSERT_TRUE(decoded) << line << " " << decoded.error().message;
    ASSERT_EQ(*decoded, record) << line;
  }
}

TEST(DumpFormatTest, EveryTruncationIsRefused) {
  Random random(test::test_seed());
  for (int i = test::case_count(200); i > 0; --i) {
    const std::string line = line_of(random_record(&random));
    for (std::size_t length = 0; length < line.size(); ++length) {
      ASSERT_FALSE(decode_dump_record(line.substr(0, length))) << line << " cut to " << length;
    }
  }
}

}  // namespace
}  // namespace freshet::pipeline
