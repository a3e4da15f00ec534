// Partitions that start one by one, some time after their assignment, on the real broker.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/kafka_harness.h"

namespace freshet::test {
namespace {

using pipeline::KafkaTransport;
using pipeline::RebalanceListener;
using pipeline::RecordBatch;

// Takes what it is assigned and starts nothing.
class WaitingListener final : public RebalanceListener {
 public:
  Status on_assigned(std::span<const Partition> partitions) override {
    assigned.insert(partitions.begin(), partitions.end());
    return {};
  }
  Status on_revoked(std::span<const Partition> partitions) override {
    ++revocations;
    for (const Partition partition : partitions) assigned.erase(partition);
    return {};
  }
  Status on_lost(std::span<const Partition> partitions) override { return on_revoked(partitions); }

  std::set<Partition> assigned;
  int revocations = 0;
};

class KafkaLateStartTest : public testing::Test {
 protected:
  // Values 0, 1, 2 ... by partition, so a record's offset is its number.
  void fill(Partition partition, int count) {
    std::vector<StoredRecord> records(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < records.size(); ++i) records[i].value = std::to_string(i);
    harness_.append_all(partition, records);
  }

  Status poll(KafkaTransport* transport, std::size_t records_max = 1'000) {
    const Result<RecordBatch> batch = transport->poll(std::chrono::milliseconds(20), records_max);
    if (!batch) return tl::unexpected<Error>(batch.error());
    for (const auto& record : batch->records) read_[record.partition].push_back(record.offset);
    return {};
  }

  // Polls until so many records of the partition came.
  testing::AssertionResult read_until(KafkaTransport* transport, Partition partition,
                                      std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (read_[partition].size() < count) {
      if (std::chrono::steady_clock::now() > deadline) {
        return testing::AssertionFailure() << read_[partition].size() << " came";
      }
      const Status polled = poll(transport);
      if (!polled) return testing::AssertionFailure() << polled.error().message;
    }
    return testing::AssertionSuccess();
  }

  // Each offset once and in order, from `begin` to `end`.
  testing::AssertionResult is_gapless(Partition partition, std::int64_t begin, std::int64_t end) {
    const std::vector<Offset>& offsets = read_[partition];
    std::int64_t next = begin;
    for (const Offset offset : offsets) {
      if (offset != Offset{next}) {
        return testing::AssertionFailure() << offset.value << " came in the place of " << next;
      }
      ++next;
    }
    if (next == end) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "ends at " << next << " in the place of " << end;
  }

  std::unique_ptr<KafkaTransport> joined(const pipeline::WorkerConfig& config,
                                         WaitingListener* listener) {
    auto transport = KafkaTransport::create(config, {});
    EXPECT_TRUE(transport);
    EXPECT_TRUE((*transport)->subscribe(listener));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (listener->assigned.size() < std::size_t{kContractPartitions} &&
           std::chrono::steady_clock::now() < deadline) {
      EXPECT_TRUE(poll(transport->get()));
    }
    EXPECT_EQ(listener->assigned.size(), std::size_t{kContractPartitions});
    return std::move(*transport);
  }

  KafkaHarness harness_;
  std::map<Partition, std::vector<Offset>> read_;
};

TEST_F(KafkaLateStartTest, APartitionThatStartsLateCostsTheOthersNoRecordAndRepeatsNone) {
  constexpr int kRecords = 30'000;
  for (std::int32_t p = 0; p < kContractPartitions; ++p) fill(Partition{p}, kRecords);
  WaitingListener listener;
  const auto transport = joined(harness_.config(), &listener);
  // Each starts in the middle of the others' records, whose next ones are fetched already.
  for (std::int32_t p = 0; p < kContractPartitions; ++p) {
    ASSERT_TRUE(transport->start_at(Partition{p}, Position{p}));
    ASSERT_TRUE(read_until(transport.get(), Partition{p}, 1'000));
    ASSERT_TRUE(poll(transport.get(), 17));
  }
  for (std::int32_t p = 0; p < kContractPartitions; ++p) {
    ASSERT_TRUE(read_until(transport.get(), Partition{p}, static_cast<std::size_t>(kRecords - p)));
    EXPECT_TRUE(is_gapless(Partition{p}, p, kRecords));
  }
  EXPECT_EQ(listener.revocations, 0);
  EXPECT_TRUE(transport->close());
}

TEST_F(KafkaLateStartTest, AMemberThatStartsNothingKeepsItsPartitionsBeyondItsSession) {
  pipeline::WorkerConfig config = harness_.impatient_config();
  fill(Partition{2}, 3);
  WaitingListener listener;
  const auto transport = joined(config, &listener);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(3'500);
  while (std::chrono::steady_clock::now() < until) ASSERT_TRUE(poll(transport.get()));
  EXPECT_EQ(listener.revocations, 0);
  ASSERT_TRUE(transport->start_at(Partition{2}, Position{0}));
  ASSERT_TRUE(read_until(transport.get(), Partition{2}, 3));
  EXPECT_TRUE(is_gapless(Partition{2}, 0, 3));
  const std::vector<pipeline::PartitionCommit> commit = {{Partition{2}, {Position{3}, ""}, {}}};
  EXPECT_TRUE(transport->commit(commit));
  EXPECT_TRUE(transport->close());
}

}  // namespace
}  // namespace freshet::test
