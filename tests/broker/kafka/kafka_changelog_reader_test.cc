// Reading the changelog on the real broker: what is committed, to the end, whatever lies there.
#include "pipeline/kafka/kafka_changelog_reader.h"

#include <gtest/gtest.h>

#include <map>

#include "pipeline/kafka/changelog_topic.h"
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
  KafkaChangelogReaderTest() { reader_ = open(harness_.config()); }

  static std::unique_ptr<KafkaChangelogReader> open(const pipeline::WorkerConfig& config) {
    auto reader = KafkaChangelogReader::create(config, {});
    EXPECT_TRUE(reader) << reader.error().message;
    return std::move(*reader);
  }

  std::string topic() const { return changelog_topic(harness_.config()); }

  void commit(Partition partition, const std::vector<std::string>& values) {
    writer_.begin();
    for (const std::string& value : values) writer_.write(topic(), partition, value);
    writer_.commit();
  }
  void abort(Partition partition) {
    writer_.begin();
    writer_.write(topic(), partition, "aborted");
    writer_.abort();
  }

  PositionRange range(Partition partition) {
    auto range = reader_->range(partition);
    while (!range && range.error().code == ErrorCode::kUnavailable) {
      range = reader_->range(partition);
    }
    EXPECT_TRUE(range) << range.error().message;
    return *range;
  }

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
  TransactionalWriter writer_{harness_.config().kafka.bootstrap};
  std::unique_ptr<KafkaChangelogReader> reader_;
  std::map<Partition, std::vector<std::string>> read_;
};

using Values = std::vector<std::string>;

TEST_F(KafkaChangelogReaderTest, TheEndIsReachedBehindControlRecordsAndAnAbortedTail) {
  commit(kFirst, {"a", "b"});
  abort(kFirst);
  const PositionRange whole = range(kFirst);
  EXPECT_EQ(whole.begin, Position{0});
  EXPECT_EQ(whole.end, Position{5});  // two records, a marker, an aborted one, its marker
  ASSERT_TRUE(reader_->start_at(kFirst, whole.begin));
  EXPECT_TRUE(read_to(kFirst, whole.end));
  EXPECT_EQ(read_[kFirst], (Values{"a", "b"}));
  EXPECT_EQ(reader_->position(kFirst), whole.end);
}

TEST_F(KafkaChangelogReaderTest, AnUndecidedTransactionEndsTheRangeUntilItCommits) {
  commit(kFirst, {"a"});
  TransactionalWriter other(harness_.config().kafka.bootstrap);
  other.begin();
  other.write(topic(), kFirst, "later");
  EXPECT_EQ(range(kFirst).end, Position{2});
  ASSERT_TRUE(reader_->start_at(kFirst, Position{0}));
  ASSERT_TRUE(read_to(kFirst, Position{2}));
  EXPECT_EQ(read_[kFirst], Values{"a"});
  other.commit();
  ASSERT_TRUE(read_to(kFirst, Position{4}));
  EXPECT_EQ(read_[kFirst], (Values{"a", "later"}));
}

TEST_F(KafkaChangelogReaderTest, PartitionsAreStartedAndStoppedByThemselves) {
  commit(kFirst, {"a", "b", "c"});
  commit(kSecond, {"x", "y"});
  ASSERT_TRUE(reader_->start_at(kFirst, Position{0}));
  ASSERT_TRUE(read_to(kFirst, Position{3}));
  EXPECT_TRUE(read_[kSecond].empty());
  ASSERT_TRUE(reader_->start_at(kSecond, Position{1}));
  ASSERT_TRUE(read_to(kSecond, Position{3}));
  EXPECT_EQ(read_[kFirst], (Values{"a", "b", "c"}));
  EXPECT_EQ(read_[kSecond], Values{"y"});
  // Again, from further up, and the other one not at all.
  reader_->stop(kSecond);
  commit(kSecond, {"z"});
  ASSERT_TRUE(reader_->start_at(kFirst, Position{1}));
  ASSERT_TRUE(read_to(kFirst, Position{4}));
  EXPECT_EQ(read_[kFirst], (Values{"a", "b", "c", "b", "c"}));
  EXPECT_EQ(read_[kSecond], Values{"y"});
}

TEST_F(KafkaChangelogReaderTest, APositionThatTheLogDoesNotHoldIsCorruptState) {
  commit(kFirst, {"a"});
  ASSERT_TRUE(reader_->start_at(kFirst, Position{99}));
  Result<RecordBatch> batch = RecordBatch{};
  while (batch) batch = reader_->poll(std::chrono::milliseconds(20), 10);
  EXPECT_EQ(batch.error().code, ErrorCode::kCorruptState) << batch.error().message;
}

TEST_F(KafkaChangelogReaderTest, AMissingTopicIsNamed) {
  pipeline::WorkerConfig config = harness_.config();
  config.application_id = "nobody";
  const auto range = open(config)->range(kFirst);
  ASSERT_FALSE(range);
  EXPECT_EQ(range.error().code, ErrorCode::kInvalidConfig) << range.error().message;
}

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

}  // namespace
}  // namespace freshet::test
