// What the log cleaner leaves of a MemoryLog, and when: rules of a real broker that would take days
// to be seen there.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "common/random.h"
#include "tests/support/memory_log.h"
#include "tests/support/seed.h"

namespace freshet::test {
namespace {

constexpr DurationMs kRetention{1'000};

class MemoryLogTest : public testing::Test {
 protected:
  Offset append(const std::string& key, std::optional<std::string> value,
                std::optional<ProducerId> producer = std::nullopt) {
    StoredRecord record;
    record.key = key;
    record.value = std::move(value);
    return log_.append(std::move(record), producer);
  }

  void compact(std::int64_t now_ms) { log_.compact(EventTime{now_ms}, kRetention, log_.end()); }

  std::vector<std::string> shown() const {
    std::vector<StoredRecord> records;
    log_.read(log_.begin(), SIZE_MAX, &records);
    std::vector<std::string> lines;
    for (const StoredRecord& record : records) {
      lines.push_back(std::to_string(record.offset.value) + " " + *record.key + "=" +
                      record.value.value_or("(none)"));
    }
    return lines;
  }
  using Lines = std::vector<std::string>;

  MemoryLog log_{Partition{0}};
};

TEST_F(MemoryLogTest, ATombstoneStaysForDeleteRetentionAfterTheRunThatFoundIt) {
  append("a", "1");
  append("a", std::nullopt);
  compact(5'000);
  EXPECT_EQ(shown(), Lines{"1 a=(none)"});
  compact(5'999);
  EXPECT_EQ(shown(), Lines{"1 a=(none)"});
  compact(6'000);
  EXPECT_TRUE(shown().empty());
  EXPECT_EQ(log_.begin(), Position{0});
  EXPECT_EQ(log_.end(), Position{2});
}

TEST_F(MemoryLogTest, NothingBehindAnOpenTransactionIsCompacted) {
  append("a", "1");
  append("b", "open", 7);
  append("a", "2");
  compact(0);
  log_.append_marker(7, TransactionEnd::kCommit);
  EXPECT_EQ(shown(), (Lines{"0 a=1", "1 b=open", "2 a=2"}));
  compact(0);
  EXPECT_EQ(shown(), (Lines{"1 b=open", "2 a=2"}));
}

TEST_F(MemoryLogTest, AnAbortedRecordDoesNotReplaceACommittedOne) {
  append("a", "1");
  append("a", "aborted", 7);
  log_.append_marker(7, TransactionEnd::kAbort);
  compact(0);
  EXPECT_EQ(shown(), Lines{"0 a=1"});
}

TEST_F(MemoryLogTest, OneProducersTransactionsAreToldApart) {
  append("a", "1", 7);
  log_.append_marker(7, TransactionEnd::kAbort);
  append("a", "2", 7);
  append("b", "3", 8);
  log_.append_marker(7, TransactionEnd::kCommit);
  EXPECT_EQ(log_.stable_end(), Position{3});
  EXPECT_EQ(shown(), Lines{"2 a=2"});
  log_.append_marker(8, TransactionEnd::kAbort);
  EXPECT_EQ(shown(), Lines{"2 a=2"});
  EXPECT_EQ(log_.stable_end(), log_.end());
}

TEST_F(MemoryLogTest, ARunUpToAPositionLeavesTheRestAlone) {
  append("a", "1");
  append("a", "2");
  append("a", "3");
  log_.compact(EventTime{0}, kRetention, Position{2});
  EXPECT_EQ(shown(), (Lines{"1 a=2", "2 a=3"}));
}

TEST_F(MemoryLogTest, WhatWasReadBeforeAndAfterACompactionEndsInTheSameValues) {
  Random random(test_seed());
  for (int round = 0; round < case_count(200); ++round) {
    log_ = MemoryLog(Partition{0});
    for (int i = 0; i < 40; ++i) {
      const auto producer = static_cast<ProducerId>(random.below(3));
      const std::string key = std::to_string(random.below(5));
      if (random.chance(0.3)) {
        log_.append_marker(producer,
                           random.chance(0.5) ? TransactionEnd::kCommit : TransactionEnd::kAbort);
      } else {
        append(key, std::to_string(i), producer);
      }
    }
    const auto last_values = [&] {
      std::vector<StoredRecord> records;
      EXPECT_EQ(log_.read(Position{0}, SIZE_MAX, &records), log_.stable_end());
      std::map<std::string, std::string> last;
      for (const StoredRecord& record : records) {
        last[*record.key] = std::to_string(record.offset.value) + " " + *record.value;
      }
      return last;
    };
    const auto before = last_values();
    for (const std::int64_t now_ms : {0, 500, 5'000}) {
      log_.compact(EventTime{now_ms}, kRetention,
                   Position{static_cast<std::int64_t>(random.below(41))});
      ASSERT_EQ(last_values(), before) << "round " << round;
    }
    compact(10'000);
    ASSERT_EQ(last_values(), before) << "round " << round;
    ASSERT_EQ(shown().size(), before.size());
  }
}

}  // namespace
}  // namespace freshet::test
