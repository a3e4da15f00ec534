#include "pipeline/files/log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "pipeline/events/partitioner.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline::log_file_test {

using ::testing::HasSubstr;

constexpr const char* kDumpTopic = R"({"freshet_dump":1,"topic":"clicks","partitions":3})";

std::string dump_line(int partition, std::int64_t offset, const std::string& rest) {
  return R"({"partition":)" + std::to_string(partition) + R"(,"offset":)" + std::to_string(offset) +
         "," + rest + "}\n";
}

constexpr const char* kRest = R"("timestamp":5,"key":"u","value":"{}")";

class LogFileTest : public ::testing::Test {
 protected:
  Result<LogFile> open(const std::string& bytes) {
    const std::filesystem::path file = dir_.path() / "log";
    std::ofstream(file, std::ios::binary) << bytes;
    return LogFile::open(config_, file);
  }

  // Reads all of it; `fault` is how it ended, if not well.
  std::vector<DumpRecord> read(LogFile* log) {
    std::vector<DumpRecord> records;
    while (true) {
      auto record = log->next();
      if (!record) {
        fault = record.error();
        const auto again = log->next();
        EXPECT_TRUE(!again && again.error().message == fault->message);
        return records;
      }
      if (!*record) return records;
      records.push_back(std::move(**record));
    }
  }

  std::vector<DumpRecord> read(const std::string& bytes) {
    Result<LogFile> log = open(bytes);
    EXPECT_TRUE(log) << log.error().message;
    return read(&*log);
  }

  test::TempDir dir_;
  WorkerConfig config_ = test::config_of("{}");
  std::optional<Error> fault;
};

TEST_F(LogFileTest, ABareLogIsSpreadAsKafkaDoesAndOffsetsCountUpInEachPartition) {
  std::string lines;
  for (int i = 0; i < 100; ++i)
    lines += test::click_json("u" + std::to_string(i % 7), "v", i) + "\n";
  Result<LogFile> log = open(lines);
  ASSERT_TRUE(log);
  EXPECT_FALSE(log->dump_topic());
  ASSERT_TRUE(log->set_partition_count(3));
  const std::vector<DumpRecord> records = read(&*log);
  ASSERT_EQ(records.size(), 100U);
  std::map<Partition, std::int64_t> next;
  for (int i = 0; i < 100; ++i) {
    const DumpRecord& record = records[static_cast<std::size_t>(i)];
    const std::string user = "u" + std::to_string(i % 7);
    EXPECT_EQ(record.key, user);
    EXPECT_EQ(record.value, test::click_json(user, "v", i));
    EXPECT_EQ(record.partition, partition_of(user, 3));
    EXPECT_EQ(record.offset.value, next[record.partition]++);
    EXPECT_FALSE(record.timestamp);
  }
  EXPECT_EQ(next.size(), 3U);
  EXPECT_THAT(log->place(), HasSubstr("log:100"));
}

TEST_F(LogFileTest, ALineWithoutAReadableUserGoesToPartitionZeroWithoutAKey) {
  Result<LogFile> log = open("{\n\n{\"user_id\":1.5}\nnull");
  ASSERT_TRUE(log);
  ASSERT_TRUE(log->set_partition_count(3));
  const std::vector<DumpRecord> records = read(&*log);
  ASSERT_EQ(records.size(), 4U);
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(records[static_cast<std::size_t>(i)].partition, Partition{0});
    EXPECT_EQ(records[static_cast<std::size_t>(i)].offset, Offset{i});
    EXPECT_FALSE(records[static_cast<std::size_t>(i)].key);
  }
  EXPECT_EQ(records[1].value, "");
}

TEST_F(LogFileTest, AnEmptyFileHasNoRecords) {
  EXPECT_TRUE(read("").empty());
  EXPECT_FALSE(fault);
}

TEST_F(LogFileTest, ADumpsRecordsHaveTheirOwnPlaceTimeAndKey) {
  Result<LogFile> log = open(std::string(kDumpTopic) + "\n" + dump_line(2, 500, kRest) +
                             dump_line(2, 502, R"("timestamp":null,"key":null,"value":null)") +
                             dump_line(0, 7, R"("timestamp":9,"key_base64":"/w==","value":"")"));
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(log->dump_topic(), (DumpTopic{"clicks", 3}));
  EXPECT_EQ(log->partition_count(), 3);
  const std::vector<DumpRecord> expected = {
      {Partition{2}, Offset{500}, EventTime{5}, "u", "{}", {}},
      {Partition{2}, Offset{502}, std::nullopt, std::nullopt, std::nullopt, {}},
      {Partition{0}, Offset{7}, EventTime{9}, "\xff", "", {}}};
  EXPECT_EQ(read(&*log), expected);
  EXPECT_FALSE(fault);
}

TEST_F(LogFileTest, ADumpKeepsItsNumberOfPartitions) {
  Result<LogFile> log = open(std::string(kDumpTopic) + "\n");
  ASSERT_TRUE(log);
  EXPECT_TRUE(log->set_partition_count(3));
  const Status other = log->set_partition_count(4);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(other.error().message, HasSubstr("the dump has 3 partitions, not 4"));
}

TEST_F(LogFileTest, ADumpOfAnotherVersionIsRefusedByName) {
  const auto log = open(R"({"freshet_dump":2,"topic":"clicks","partitions":3})");
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(log.error().message, HasSubstr("log:1: "));
  EXPECT_THAT(log.error().message, HasSubstr("version 2 is not known here"));
}

TEST_F(LogFileTest, OfADamagedDumpWhatCameBeforeIsDeliveredAndTheLineIsNamed) {
  const std::string good = std::string(kDumpTopic) + "\n" + dump_line(1, 4, kRest);
  const std::pair<std::string, std::string> cases[] = {
      {"{\"partition\":1,", "log:3: not a line of a dump"},
      {dump_line(3, 5, kRest), "log:3: partition 3 is more than the dump's first line says"},
      {dump_line(1, 4, kRest), "log:3: offset 4 of partition 1 stands behind offset 4"},
      {dump_line(1, 3, kRest), "log:3: offset 3 of partition 1 stands behind offset 4"},
      {"\n", "log:3: not a line of a dump"},
  };
  for (const auto& [damage, message] : cases) {
    fault.reset();
    EXPECT_EQ(read(good + damage + dump_line(2, 9, kRest)).size(), 1U) << message;
    ASSERT_TRUE(fault) << message;
    EXPECT_EQ(fault->code, ErrorCode::kFatal);
    EXPECT_THAT(fault->message, HasSubstr(message));
  }
}

TEST_F(LogFileTest, AMissingFileIsNamed) {
  const auto log = LogFile::open(config_, dir_.path() / "absent");
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(log.error().message, HasSubstr("absent"));
}

}  // namespace freshet::pipeline::log_file_test
