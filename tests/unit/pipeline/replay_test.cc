// A worker over files, as `freshet replay` runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "common/random.h"
#include "pipeline/events/output_encoder.h"
#include "pipeline/files/dump_format.h"
#include "pipeline/files/file_transport.h"
#include "pipeline/files/seed_history.h"
#include "pipeline/worker/worker.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::replay_test {

using ::testing::HasSubstr;

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() : world_(test::config_of("{}")) {
    files_.output = dir_.path() / "scores.jsonl";
    files_.dead_letters = dir_.path() / "dead.jsonl";
  }

  Status replay() {
    StopSignal stop;
    Worker worker(
        {&world_.config, world_.model, world_.store.get(), &world_.clock, &world_.counters},
        1 << 20,
        [&]() -> Result<std::unique_ptr<Transport>> {
          Result<LogFile> input = LogFile::open(world_.config, input_);
          if (!input) return tl::unexpected(input.error());
          if (!input->dump_topic() && !input->set_partition_count(3)) ADD_FAILURE();
          auto transport = FileTransport::open(std::move(*input), files_);
          if (!transport) return tl::unexpected(transport.error());
          return std::unique_ptr<Transport>(std::move(*transport));
        },
        &stop);
    return worker.run();
  }

  void write_log(const std::string& lines) { std::ofstream(input_) << lines; }

  static std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  test::TempDir dir_;
  test::WorkerWorld world_;
  std::filesystem::path input_ = dir_.path() / "log.jsonl";
  FileTransportOptions files_;
};

TEST_F(ReplayTest, OutputsComeInInputOrderAndTwiceTheSame) {
  std::string log;
  for (int i = 0; i < 3'000; ++i) {
    const std::string user = "u" + std::to_string(i % 11);
    log += i % 50 == 7 ? "{\n" : test::click_json(user, "v" + std::to_string(i % 8), i) + "\n";
  }
  write_log(log);
  ASSERT_TRUE(replay());
  const std::vector<std::string> first = lines_of(files_.output);
  ASSERT_EQ(first.size(), 2'940U);
  EXPECT_EQ(lines_of(files_.dead_letters).size(), 60U);
  std::size_t next = 0;
  for (int i = 0; i < 3'000; ++i) {
    if (i % 50 == 7) continue;
    ASSERT_THAT(first[next++], HasSubstr("\"ts\":" + std::to_string(test::kBaseMs + i) + ","));
  }
  world_.store = std::make_unique<stateful::MemoryStateStore>();
  ASSERT_TRUE(replay());
  EXPECT_EQ(lines_of(files_.output), first);
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

// What a topic may hold: a beginning that retention has cut, gaps, tombstones, records without a
// key or with a foreign one, no event at all, and an event far ahead of its record's time.
void append_anything(Random* random, test::WorkerWorld* live) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string user = "u" + std::to_string(random->below(40));
    test::StoredRecord record =
        test::keyed_record(user, test::click_json(user, "v" + std::to_string(random->below(8)), i));
    record.timestamp = EventTime{test::kBaseMs + i};
    const std::uint64_t kind = random->below(20);
    if (kind == 0) record.value.reset();
    if (kind == 1) record.value = "\xff";
    if (kind == 2) record.timestamp = EventTime{test::kBaseMs - 400LL * 24 * 3'600'000};
    if (kind == 3) live->broker.skip_offsets("clicks", Partition{2}, 3);
    if (kind > 5) {
      live->append(record);
      continue;
    }
    record.key = "somebody else";
    if (kind == 4) record.key.reset();
    live->broker.append("clicks", Partition{1}, record);
  }
  live->broker.trim("clicks", Partition{3}, Position{40});
}

TEST_F(ReplayTest, ADumpGivesWhatTheTopicGaveByteForByte) {
  test::WorkerWorld live(test::config_of("{}"), 4);
  Random random(test::test_seed());
  append_anything(&random, &live);
  ASSERT_TRUE(live.run());
  std::string dump;
  std::string line;
  encode_dump_topic({"clicks", 4}, &line);
  dump += line + "\n";
  for (const test::StoredRecord& record : live.broker.records("clicks")) {
    encode_dump_record(
        {record.partition, record.offset, record.timestamp, record.key, record.value, {}}, &line);
    dump += line + "\n";
  }
  write_log(dump);
  ASSERT_TRUE(replay());

  std::vector<std::string> published;
  for (const test::StoredRecord& record : live.outputs()) published.push_back(*record.value);
  std::vector<std::string> refused;
  for (const test::StoredRecord& record : live.dead_letters()) {
    refused.push_back(
        dead_letter_line({OutputTopic::kDeadLetters, record.key, record.value, record.headers}));
  }
  EXPECT_GT(published.size(), 600U);
  EXPECT_GT(refused.size(), 100U);
  EXPECT_EQ(sorted(lines_of(files_.output)), sorted(published));
  EXPECT_EQ(sorted(lines_of(files_.dead_letters)), sorted(refused));
  EXPECT_EQ(world_.counters.tombstones, live.counters.tombstones);
}

std::string gzipped(std::string bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST_F(ReplayTest, ATruncatedGzipFileIsScoredToItsDamageAndThenNamed) {
  Random random(test::test_seed());
  std::string log;
  for (int i = 0; i < 4'000; ++i) {
    log += test::click_json("u" + std::to_string(random.below(500)),
                            "v" + std::to_string(random.below(8)), i) +
           "\n";
  }
  write_log(log);
  ASSERT_TRUE(replay());
  const std::vector<std::string> whole = lines_of(files_.output);

  world_.store = std::make_unique<stateful::MemoryStateStore>();
  const std::string packed = gzipped(log);
  write_log(packed.substr(0, packed.size() * 2 / 3));
  const Status replayed = replay();
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().code, ErrorCode::kFatal);
  EXPECT_THAT(replayed.error().message, HasSubstr(input_.string()));
  EXPECT_THAT(replayed.error().message, HasSubstr("truncated"));
  const std::vector<std::string> scored = lines_of(files_.output);
  // Two thirds of the packed bytes are well over half of the lines.
  EXPECT_GT(scored.size(), 2'000U);
  ASSERT_LT(scored.size(), whole.size());
  EXPECT_TRUE(std::equal(scored.begin(), scored.end(), whole.begin()));
  EXPECT_THAT(replayed.error().message, HasSubstr(std::to_string(scored.size())));
}

TEST_F(ReplayTest, AGapOfADumpStopsByNameAtOnceWhereOffsetsAreContiguous) {
  world_.config.input.offsets = OffsetPolicy::kContiguous;
  std::string dump;
  encode_dump_topic({"clicks", 1}, &dump);
  for (const std::int64_t offset : {0, 1, 5}) {
    std::string line;
    encode_dump_record({Partition{0},
                        Offset{offset},
                        EventTime{test::kBaseMs + offset},
                        "u",
                        test::click_json("u", "v1", offset),
                        {}},
                       &line);
    dump += "\n" + line;
  }
  write_log(dump + "\n");
  const Status ended = replay();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kFatal);
  EXPECT_THAT(ended.error().message, HasSubstr("clicks-0 at offset 5: 2 is missing"));
  EXPECT_THAT(ended.error().message, HasSubstr("input.offsets: gaps"));
  EXPECT_EQ(lines_of(files_.output).size(), 2U);
}

TEST_F(ReplayTest, SeededHistoryIsSeenFromTheFirstRecordOn) {
  SeedHistoryOptions options;
  options.file = dir_.path() / "seed.jsonl";
  options.partition_count = 3;
  std::ofstream(options.file) << "{\"user_id\":\"u\",\"last_ts\":" << test::kBaseMs
                              << ",\"click_seq\":[\"v1\",\"v2\"]}\n";
  auto seeded = seed_history(world_.config, options, world_.clock, world_.store.get());
  ASSERT_TRUE(seeded) << seeded.error().message;
  files_.committed = seeded->committed;
  write_log(test::impression_json("u", "v1", 0, false) + "\n" +
            test::impression_json("nobody", "v1", 0, false) + "\n");
  ASSERT_TRUE(replay());
  const std::vector<std::string> lines = lines_of(files_.output);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr("\"sequence_length\":2,"));
  EXPECT_THAT(lines[1], HasSubstr("\"sequence_length\":0,"));
}

TEST_F(ReplayTest, AStateWithoutItsPositionsIsRefused) {
  write_log(test::click_json("u", "v1", 0) + "\n");
  ASSERT_TRUE(replay());
  const Status again = replay();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(again.error().message, HasSubstr("the group has no committed position"));
}

}  // namespace freshet::pipeline::replay_test
