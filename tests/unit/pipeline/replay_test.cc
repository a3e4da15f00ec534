// A worker over files, as `freshet replay` runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "pipeline/file_transport.h"
#include "pipeline/seed_history.h"
#include "pipeline/worker.h"
#include "tests/support/temp_dir.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::replay_test {

using ::testing::HasSubstr;

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() : world_(test::config_of("{}")) {
    files_.input = dir_.path() / "log.jsonl";
    files_.output = dir_.path() / "scores.jsonl";
    files_.dead_letters = dir_.path() / "dead.jsonl";
    files_.partition_count = 3;
  }

  Status replay() {
    StopSignal stop;
    Worker worker(
        {&world_.config, world_.model, world_.store.get(), &world_.clock, &world_.counters},
        1 << 20,
        [&]() -> Result<std::unique_ptr<Transport>> {
          auto transport = FileTransport::open(world_.config, files_);
          if (!transport) return tl::unexpected(transport.error());
          return std::unique_ptr<Transport>(std::move(*transport));
        },
        &stop);
    return worker.run();
  }

  void write_log(const std::string& lines) { std::ofstream(files_.input) << lines; }

  static std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  test::TempDir dir_;
  test::WorkerWorld world_;
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
