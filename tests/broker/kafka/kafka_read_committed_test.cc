// What consumers see of transactions: only committed records, with gaps where the others are.
#include <gtest/gtest.h>

#include "tests/support/kafka_harness.h"
#include "tests/support/kafka_transactions.h"

namespace freshet::test {
namespace {

class KafkaReadCommittedTest : public testing::Test {
 protected:
  std::unique_ptr<ContractMember> reading_member() {
    auto member = std::make_unique<ContractMember>(harness_.open(harness_.config()));
    EXPECT_TRUE(member->join());
    return member;
  }
  void append(const std::string& value) {
    StoredRecord record;
    record.value = value;
    harness_.append(Partition{0}, record);
  }
  const std::string& topic() const { return harness_.config().kafka.input; }

  KafkaHarness harness_;
  TransactionalWriter writer_{harness_.config().kafka.bootstrap};
};

TEST_F(KafkaReadCommittedTest, AbortedRecordsAndMarkersAreGaps) {
  append("first");
  writer_.begin();
  writer_.write(topic(), Partition{0}, "aborted");
  writer_.write(topic(), Partition{0}, "aborted");
  writer_.abort();
  writer_.begin();
  writer_.write(topic(), Partition{0}, "committed");
  writer_.commit();
  append("last");

  const auto member = reading_member();
  ASSERT_TRUE(poll_until({member.get()}, [&] { return member->read.size() >= 3; }));
  // 0 first, 1 and 2 aborted, 3 their marker, 4 committed; its marker may lie behind the last.
  EXPECT_EQ(member->read[0].offset, Offset{0});
  EXPECT_EQ(member->read[1].offset, Offset{4});
  EXPECT_EQ(member->read[1].value, "committed");
  EXPECT_GE(member->read[2].offset, Offset{5});
  EXPECT_EQ(member->read[2].value, "last");
  EXPECT_EQ(harness_.records(topic()).size(), 3U);
}

TEST_F(KafkaReadCommittedTest, AnOpenTransactionHidesWhatFollowsAndBoundsTheEnd) {
  append("before");
  writer_.begin();
  writer_.write(topic(), Partition{0}, "open");
  append("behind");

  const auto member = reading_member();
  ASSERT_TRUE(poll_until({member.get()}, [&] { return member->read.size() >= 1; }));
  EXPECT_EQ(member->transport->range(Partition{0})->end, Position{1});
  ASSERT_TRUE(member->poll(std::chrono::milliseconds(300)));
  EXPECT_EQ(member->read.size(), 1U);
  EXPECT_EQ(harness_.records(topic()).size(), 1U);

  writer_.commit();
  ASSERT_TRUE(poll_until({member.get()}, [&] { return member->read.size() >= 3; }));
  EXPECT_EQ(member->read[1].value, "open");
  EXPECT_EQ(member->read[2].value, "behind");
  EXPECT_EQ(member->transport->range(Partition{0})->end, Position{4});
}

TEST_F(KafkaReadCommittedTest, MarkersBehindTheLastRecordAreNoLag) {
  append("only");
  writer_.begin();
  writer_.write(topic(), Partition{0}, "aborted");
  writer_.abort();
  const auto member = reading_member();
  const auto known = [&] { return member->transport->known_end(Partition{0}); };
  ASSERT_TRUE(poll_until({member.get()}, [&] { return member->read.size() >= 1; }));
  EXPECT_TRUE(poll_until({member.get()}, [&] { return known() == Position{1}; }));
  append("next");
  ASSERT_TRUE(poll_until({member.get()}, [&] { return member->read.size() >= 2; }));
  const Position behind_next = position_after(member->read[1].offset);
  EXPECT_TRUE(poll_until({member.get()}, [&] { return known() == behind_next; }));
}

TEST_F(KafkaReadCommittedTest, ATopicThatEndsInMarkersIsReadToItsEnd) {
  append("only");
  writer_.begin();
  writer_.write(topic(), Partition{0}, "aborted");
  writer_.abort();
  const std::vector<StoredRecord> records = harness_.records(topic());
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value, "only");
}

}  // namespace
}  // namespace freshet::test
