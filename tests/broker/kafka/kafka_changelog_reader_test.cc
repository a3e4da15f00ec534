// Reading the changelog on the real broker: more of it than fits into memory.
#include "pipeline/kafka/kafka_changelog_reader.h"

#include <gtest/gtest.h>

#include <map>

#include "pipeline/kafka/changelog_topic.h"
#include "tests/support/kafka_admin.h"
#include "tests/support/kafka_harness.h"
#include "tests/support/kafka_transactions.h"

namespace freshet::test {
namespace {

using pipeline::KafkaChangelogReader;
using pipeline::RecordBatch;

constexpr Partition kFirst{0};
constexpr Partition kSecond{1};

class KafkaChangelogReaderTest : public testing::Test {
 protected:
  static std::unique_ptr<KafkaChangelogReader> open(const pipeline::WorkerConfig& config) {
    auto reader = KafkaChangelogReader::create(config, {});
    EXPECT_TRUE(reader) << reader.error().message;
    return std::move(*reader);
  }

  std::string topic() const { return changelog_topic(harness_.config()); }

  // Polls until the partition has been read to `end`; the values that came are in read_.
  testing::AssertionResult read_to(Partition partition, Position end) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (reader_->position(partition) < end) {
      if (std::chrono::steady_clock::now() > deadline) {
        return testing::AssertionFailure() << "stands at " << reader_->position(partition).value;
      }
      const Result<RecordBatch> batch = reader_->poll(std::chrono::milliseconds(20), 1'000);
      if (!batch) return testing::AssertionFailure() << batch.error().message;
      for (const auto& record : batch->records) {
        read_[record.partition].push_back(record.value ? std::string(*record.value) : "none");
      }
    }
    return testing::AssertionSuccess();
  }

  KafkaHarness harness_;
  std::unique_ptr<KafkaChangelogReader> reader_;
  std::map<Partition, std::vector<std::string>> read_;
};

TEST_F(KafkaChangelogReaderTest, MoreThanTheQueueHoldsIsReadWithoutAGap) {
  pipeline::WorkerConfig config = harness_.config();
  config.memory_budget_mb = 16;
  reader_ = open(config);
  auto producer = pipeline::KafkaProducer::create(pipeline::producer_options(config, {}), nullptr);
  ASSERT_TRUE(producer);
  const auto changelog = (*producer)->open_topic(topic());
  ASSERT_TRUE(changelog);
  constexpr std::int64_t kRecords = 30'000;
  for (std::int64_t i = 0; i < kRecords; ++i) {
    const std::string value = std::to_string(i) + std::string(900, 'v');
    pipeline::KafkaMessage message;
    message.topic = *changelog;
    message.partition = Partition{static_cast<std::int32_t>(i % 2)};
    message.key = "u";
    message.value = value;
    Status sent = (*producer)->send(message);
    while (!sent && sent.error().code == ErrorCode::kUnavailable) sent = (*producer)->send(message);
    ASSERT_TRUE(sent);
  }
  ASSERT_TRUE((*producer)->flush(std::chrono::seconds(30)));
  for (const Partition partition : {kFirst, kSecond}) {
    ASSERT_TRUE(reader_->start_at(partition, Position{0}));
  }
  for (const Partition partition : {kFirst, kSecond}) {
    ASSERT_TRUE(read_to(partition, Position{kRecords / 2}));
    for (std::int64_t i = 0; i < kRecords / 2; ++i) {
      const std::string number = std::to_string(2 * i + partition.value);
      ASSERT_EQ(
          read_[partition][static_cast<std::size_t>(i)].compare(0, number.size() + 1, number + "v"),
          0);
    }
  }
}

TEST_F(KafkaChangelogReaderTest, HowLongTombstonesAreKeptIsReadFromTheTopic) {
  reader_ = open(harness_.config());
  alter_topic(harness_.config().kafka.bootstrap, topic(),
              {{"cleanup.policy", "compact"}, {"delete.retention.ms", "3600000"}});
  // What is altered shows a moment later.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  Result<DurationMs> kept = reader_->tombstones_kept();
  while (kept && *kept != DurationMs{3'600'000} && std::chrono::steady_clock::now() < deadline) {
    kept = reader_->tombstones_kept();
  }
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(kept->value, 3'600'000);
}

// librdkafka tells that a partition is drained in the same queue as its records.
TEST_F(KafkaChangelogReaderTest, RecordsThatLieBeforeTheEndInOneBatchAreHandedOut) {
  TransactionalWriter writer(harness_.config().kafka.bootstrap);
  writer.begin();
  for (int i = 0; i < 20; ++i) writer.write(topic(), kFirst, std::to_string(i), "v");
  writer.commit();
  reader_ = open(harness_.config());
  ASSERT_TRUE(reader_->start_at(kFirst, Position{0}));
  std::size_t count = 0;
  while (count == 0) {
    const Result<RecordBatch> one = reader_->poll(std::chrono::milliseconds(20), 1);
    ASSERT_TRUE(one);
    count += one->records.size();
  }
  // By now the rest is there as a rule, its end behind it.
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  while (std::chrono::steady_clock::now() < until) ASSERT_TRUE(reader_->range(kFirst));
  ASSERT_TRUE(read_to(kFirst, Position{21}));
  EXPECT_EQ(count + read_[kFirst].size(), 20U);
}

}  // namespace
}  // namespace freshet::test
