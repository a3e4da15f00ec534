#include "pipeline/files/file_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <sstream>

#include "tests/support/pipeline_fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/transport_harness.h"

namespace freshet::pipeline::file_transport_test {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class FileTransportTest : public ::testing::Test {
 protected:
  FileTransportTest() {
    options_.output = dir_.path() / "out" / "scores.jsonl";
    options_.dead_letters = dir_.path() / "out" / "dead.jsonl";
    std::filesystem::create_directory(dir_.path() / "out");
  }

  void write_input(const std::string& bytes) { std::ofstream(input_, std::ios::binary) << bytes; }

  Result<std::unique_ptr<FileTransport>> open() {
    Result<LogFile> input = LogFile::open(config_, input_);
    if (!input) return tl::unexpected(input.error());
    EXPECT_TRUE(input->set_partition_count(3));
    return FileTransport::open(std::move(*input), options_);
  }

  // Reads everything, `records_max` at a time; `fault` is how it ended, if not well.
  std::vector<test::StoredRecord> read_all(std::size_t records_max = 1'000) {
    auto transport = open();
    if (!transport) {
      fault = transport.error();
      return {};
    }
    test::NotingListener listener(transport->get());
    EXPECT_TRUE((*transport)->subscribe(&listener));
    std::vector<test::StoredRecord> records;
    while (true) {
      const auto batch = (*transport)->poll(milliseconds(0), records_max);
      if (!batch) {
        fault = batch.error();
        break;
      }
      EXPECT_LE(batch->records.size(), records_max);
      for (const InputRecord& record : batch->records) {
        test::StoredRecord copy;
        copy.partition = record.partition;
        copy.offset = record.offset;
        copy.timestamp = record.timestamp;
        if (record.key) copy.key = std::string(*record.key);
        if (record.value) copy.value = std::string(*record.value);
        records.push_back(std::move(copy));
      }
      if (batch->end_of_input) break;
    }
    EXPECT_EQ(listener.assigned.size(), 3U);
    EXPECT_TRUE((*transport)->close());
    EXPECT_TRUE(listener.assigned.empty());
    return records;
  }

  static std::string content(const std::filesystem::path& file) {
    std::ostringstream bytes;
    bytes << std::ifstream(file, std::ios::binary).rdbuf();
    return bytes.str();
  }

  test::TempDir dir_;
  WorkerConfig config_ = test::config_of("{}");
  std::filesystem::path input_ = dir_.path() / "log.jsonl";
  FileTransportOptions options_;
  std::optional<Error> fault;
};

std::string lines_of(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    lines += test::click_json("u" + std::to_string(i % 7), "v" + std::to_string(i), i) + "\n";
  }
  return lines;
}

TEST_F(FileTransportTest, RecordsAreDeliveredInFileOrder) {
  write_input(lines_of(100));
  const auto records = read_all(9);
  EXPECT_FALSE(fault);
  ASSERT_EQ(records.size(), 100U);
  for (int i = 0; i < 100; ++i) {
    const test::StoredRecord& record = records[static_cast<std::size_t>(i)];
    const std::string user = "u" + std::to_string(i % 7);
    EXPECT_EQ(record.key, user);
    EXPECT_EQ(record.value, test::click_json(user, "v" + std::to_string(i), i));
    EXPECT_FALSE(record.timestamp);
  }
}

TEST_F(FileTransportTest, OfATruncatedGzipEveryWholeLineComesBeforeTheNamedError) {
  const gzFile file = gzopen(input_.c_str(), "wb");
  const std::string lines = lines_of(5'000);
  ASSERT_EQ(gzwrite(file, lines.data(), static_cast<unsigned>(lines.size())),
            static_cast<int>(lines.size()));
  ASSERT_EQ(gzclose(file), Z_OK);
  const std::string whole = content(input_);
  write_input(whole.substr(0, whole.size() / 2));
  const auto records = read_all();
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->code, ErrorCode::kFatal);
  EXPECT_THAT(fault->message, HasSubstr("log.jsonl"));
  EXPECT_GT(records.size(), 1'000U);
  EXPECT_LT(records.size(), 5'000U);
  EXPECT_THAT(fault->message, HasSubstr(std::to_string(records.size())));
  for (const test::StoredRecord& record : records) EXPECT_EQ(record.value->back(), '}');
}

TEST_F(FileTransportTest, OutputsAreLinesInTheOrderInWhichTheyAreSent) {
  write_input("");
  auto transport = open();
  ASSERT_TRUE(transport);
  ASSERT_TRUE((*transport)->send({OutputTopic::kScores, "k", "one", {}}));
  ASSERT_TRUE(
      (*transport)
          ->send(
              {OutputTopic::kDeadLetters, std::nullopt, "\xff", {{"freshet.reason", "not_json"}}}));
  ASSERT_TRUE((*transport)->send({OutputTopic::kScores, "k", "two", {}}));
  ASSERT_TRUE((*transport)->flush(milliseconds(0)));
  EXPECT_EQ(content(options_.output), "one\ntwo\n");
  EXPECT_EQ(content(options_.dead_letters),
            R"({"reason":"not_json","key":null,"value_base64":"/w=="})"
            "\n");
}

TEST_F(FileTransportTest, WritingThatFailsIsFoundAtTheFlush) {
  write_input("");
  options_.output = "/dev/full";
  auto transport = open();
  ASSERT_TRUE(transport) << transport.error().message;
  ASSERT_TRUE((*transport)->send({OutputTopic::kScores, "k", "one", {}}));
  const Status flushed = (*transport)->flush(milliseconds(0));
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, ErrorCode::kFatal);
  EXPECT_THAT(flushed.error().message, HasSubstr("is the disk full?"));
}

TEST_F(FileTransportTest, FilesThatCannotBeOpenedAreNamed) {
  read_all();
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(fault->message, HasSubstr("log.jsonl"));
  write_input("");
  options_.output = dir_.path() / "nowhere" / "scores.jsonl";
  read_all();
  EXPECT_EQ(fault->code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(fault->message, HasSubstr("scores.jsonl: cannot be written"));
}

TEST_F(FileTransportTest, SaysWhatTheSeedHasCommitted) {
  write_input("");
  options_.committed[Partition{1}] = {Position{0}, "text"};
  auto transport = open();
  ASSERT_TRUE(transport);
  const std::vector<Partition> partitions = {{0}, {1}};
  const auto committed = (*transport)->committed(partitions);
  ASSERT_TRUE(committed);
  EXPECT_FALSE((*committed)[0]);
  EXPECT_EQ((*committed)[1]->metadata, "text");
}

}  // namespace freshet::pipeline::file_transport_test
