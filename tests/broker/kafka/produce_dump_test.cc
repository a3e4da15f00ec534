// produce and dump: a file into a topic, a topic into a file, and that nothing changes on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "pipeline/files/file_transport.h"
#include "pipeline/kafka/dump.h"
#include "pipeline/kafka/produce.h"
#include "pipeline/kafka/topic_creation.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_harness.h"
#include "tests/support/kafka_transactions.h"
#include "tests/support/temp_dir.h"

namespace freshet::test {
namespace {

using pipeline::DumpOptions;
using pipeline::ProduceOptions;
using testing::HasSubstr;

class ProduceDumpTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& content) {
    const std::filesystem::path path = dir_.path() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string new_topic(std::int32_t partition_count) {
    std::string topic = unique_name("copy");
    EXPECT_TRUE(pipeline::create_topic(config_, {topic, partition_count, {}}));
    return topic;
  }

  Result<pipeline::ProduceSummary> produce(const std::filesystem::path& input,
                                           const std::string& topic = "") {
    ProduceOptions options;
    options.input = input;
    options.topic = topic;
    return pipeline::produce(config_, options);
  }

  std::string dump(const std::string& topic = "") {
    DumpOptions options;
    options.topic = topic;
    options.output = dir_.path() / "dump.jsonl";
    const auto dumped = pipeline::dump(config_, options);
    EXPECT_TRUE(dumped) << dumped.error().message;
    return read(options.output);
  }

  TempDir dir_;
  KafkaHarness harness_;
  const pipeline::WorkerConfig& config_ = harness_.config();
};

// A log with every kind of line: several users, a number as user, lines without a readable user, an
// empty line, a line end before the end.
std::string mixed_log() {
  std::string log;
  for (int i = 0; i < 60; ++i) {
    log += R"({"user_id":"u)" + std::to_string(i % 11) + R"(","item_id":"v1","ts":)" +
           std::to_string(1'602'633'600'000 + i) + R"(,"type":"click"})" + "\n";
    if (i % 7 == 0) log += "not json " + std::to_string(i) + "\n";
    if (i % 13 == 0) log += "{\"user_id\":" + std::to_string(i) + "}\r\n";
    if (i == 30) log += "\n";
  }
  return log + "{\"user_id\":\"last, without a line end\"}";
}

TEST_F(ProduceDumpTest, EveryLineHasThePartitionAndOffsetThatAReplayGivesIt) {
  const std::filesystem::path log = write("log.jsonl", mixed_log());
  const auto produced = produce(log);
  ASSERT_TRUE(produced) << produced.error().message;

  pipeline::FileTransportOptions options;
  options.output = dir_.path() / "out";
  options.dead_letters = dir_.path() / "dead";
  auto input = pipeline::LogFile::open(config_, log);
  ASSERT_TRUE(input);
  ASSERT_TRUE(input->set_partition_count(kContractPartitions));
  auto file = pipeline::FileTransport::open(std::move(*input), options);
  ASSERT_TRUE(file);
  ContractMember replay(std::move(*file));
  ASSERT_TRUE(replay.join());
  ASSERT_TRUE(poll_until({&replay}, [&] { return replay.read.size() >= produced->records; }));
  ASSERT_EQ(replay.read.size(), produced->records);

  std::map<std::pair<Partition, Offset>, StoredRecord> in_topic;
  for (const StoredRecord& record : harness_.records(config_.kafka.input)) {
    in_topic[{record.partition, record.offset}] = record;
  }
  ASSERT_EQ(in_topic.size(), produced->records);
  std::uint64_t without_user = 0;
  for (const StoredRecord& line : replay.read) {
    const auto found = in_topic.find({line.partition, line.offset});
    ASSERT_NE(found, in_topic.end());
    EXPECT_EQ(found->second.value, line.value);
    EXPECT_EQ(found->second.key, line.key);
    if (!line.key) {
      ++without_user;
      EXPECT_EQ(line.partition, Partition{0});
    }
  }
  EXPECT_EQ(produced->without_user, without_user);
  EXPECT_GT(without_user, 5U);
}

TEST_F(ProduceDumpTest, ADumpProducedAgainDumpsTheSame) {
  StoredRecord odd;
  odd.key = std::string("\xff\x00", 2);
  odd.timestamp = EventTime{1'602'633'600'777};
  odd.headers = {{"reason", "x"}, {"empty", ""}};
  harness_.append(Partition{3}, odd);
  StoredRecord plain;
  plain.value = "{\"user_id\":\"u1\"}";
  plain.timestamp = EventTime{1'602'633'600'778};
  harness_.append(Partition{1}, plain);
  harness_.append(Partition{3}, plain);
  const std::string first = dump();
  EXPECT_THAT(first, HasSubstr("{\"freshet_dump\":1,\"topic\":\"" + config_.kafka.input +
                               "\",\"partitions\":4}\n{\"partition\":1,\"offset\":0,"));

  const std::string copy = new_topic(4);
  const auto produced = produce(write("again.jsonl", first), copy);
  ASSERT_TRUE(produced) << produced.error().message;
  EXPECT_EQ(produced->records, 3U);
  std::string second = dump(copy);
  second.replace(second.find(copy), copy.size(), config_.kafka.input);
  EXPECT_EQ(second, first);
}

TEST_F(ProduceDumpTest, AnEmptyTopicDumpsItsFirstLineAlone) {
  EXPECT_EQ(dump(),
            "{\"freshet_dump\":1,\"topic\":\"" + config_.kafka.input + "\",\"partitions\":4}\n");
}

TEST_F(ProduceDumpTest, ADumpLeavesAbortedRecordsOutAndKeepsOffsets) {
  TransactionalWriter writer(config_.kafka.bootstrap);
  writer.begin();
  writer.write(config_.kafka.input, Partition{2}, "aborted");
  writer.abort();
  writer.begin();
  writer.write(config_.kafka.input, Partition{2}, "kept");
  writer.commit();
  const std::string text = dump();
  EXPECT_EQ(text.find("aborted"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("{\"partition\":2,\"offset\":2,"));
}

TEST_F(ProduceDumpTest, ADumpOfAnotherPartitionCountIsRefused) {
  const auto produced =
      produce(write("d", "{\"freshet_dump\":1,\"topic\":\"t\",\"partitions\":3}\n"));
  ASSERT_FALSE(produced);
  EXPECT_EQ(produced.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(produced.error().message, HasSubstr("3 partitions"));
}

TEST_F(ProduceDumpTest, ABadDumpLineIsNamedAndWhatCameBeforeIsThere) {
  const auto produced = produce(
      write("bad",
            "{\"freshet_dump\":1,\"topic\":\"t\",\"partitions\":4}\n"
            "{\"partition\":0,\"offset\":0,\"timestamp\":5,\"key\":null,\"value\":\"a\"}\n"
            "{\"partition\":9,\"offset\":0,\"timestamp\":5,\"key\":null,\"value\":\"b\"}\n"));
  ASSERT_FALSE(produced);
  EXPECT_EQ(produced.error().code, ErrorCode::kFatal);
  EXPECT_THAT(produced.error().message, HasSubstr("bad:3: "));
  EXPECT_EQ(harness_.records(config_.kafka.input).size(), 1U);
}

TEST_F(ProduceDumpTest, ALineThatNoBrokerTakesIsNamed) {
  const auto produced = produce(write("long", "{}\n" + std::string(3 << 20, 'x') + "\n"));
  ASSERT_FALSE(produced);
  EXPECT_EQ(produced.error().code, ErrorCode::kBadRecord);
  EXPECT_THAT(produced.error().message, HasSubstr("long:2: "));
  EXPECT_THAT(produced.error().message,
              HasSubstr("the topic's max.message.bytes is 1048588; raise"));
}

TEST_F(ProduceDumpTest, AMissingFileOrTopicIsNamed) {
  const auto no_file = produce(dir_.path() / "absent");
  ASSERT_FALSE(no_file);
  EXPECT_EQ(no_file.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(no_file.error().message, HasSubstr("absent"));
  const auto no_topic = produce(write("log", "{}\n"), "no-such-topic");
  ASSERT_FALSE(no_topic);
  EXPECT_EQ(no_topic.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(no_topic.error().message, HasSubstr("no-such-topic"));
  pipeline::DumpOptions options;
  options.output = dir_.path() / "no" / "folder";
  const auto no_folder = pipeline::dump(config_, options);
  ASSERT_FALSE(no_folder);
  EXPECT_EQ(no_folder.error().code, ErrorCode::kInvalidConfig);
}

TEST_F(ProduceDumpTest, ARateIsKept) {
  std::string log;
  for (int i = 0; i < 21; ++i) log += "{\"user_id\":\"u\"}\n";
  ProduceOptions options;
  options.input = write("log", log);
  options.records_per_s = 100;
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(pipeline::produce(config_, options));
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(200));
}

}  // namespace
}  // namespace freshet::test
