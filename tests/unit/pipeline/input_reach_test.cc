#include "pipeline/input_reach.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/memory_transport.h"
#include "tests/support/pipeline_fixture.h"

namespace freshet::pipeline::input_reach_test {

using test::kBaseMs;

constexpr Partition kPartition{0};
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::string_view kFingerprint = "a=b\n";

// A record every hour, from kBaseMs on; state is visible for six hours, events run an hour ahead.
class InputReachTest : public testing::Test {
 protected:
  InputReachTest() {
    broker_.create_topic(config_.kafka.input, 1);
    for (std::int64_t hour = 0; hour < 20; ++hour) append(hour);
    metadata_.state = CommittedState{false, acceptance_hash(config_, kFingerprint),
                                     EventTime{kBaseMs + 12 * kHourMs}, std::nullopt};
  }

  void append(std::int64_t hour) {
    test::StoredRecord record = test::keyed_record("u", "{}");
    record.timestamp = EventTime{kBaseMs + hour * kHourMs};
    broker_.append(config_.kafka.input, kPartition, record);
  }

  void trim(std::int64_t begin) { broker_.trim(config_.kafka.input, kPartition, Position{begin}); }

  InputReach reach(std::int64_t position) {
    test::MemoryTransport transport(&broker_, config_);
    const auto range = transport.range(kPartition);
    const auto found = input_reach(config_, kPartition, *range, Position{position}, metadata_,
                                   kFingerprint, &transport);
    EXPECT_TRUE(found);
    return *found;
  }

  WorkerConfig config_ = test::config_of(
      "behaviours: [{name: click, types: [click], length_max: 4, age_max: 2h},"
      " {name: cart, types: [cart], length_max: 4, age_max: 6h}]\n"
      "input: {event_future_max_ms: 3600000}\n");
  test::MemoryBroker broker_;
  PositionMetadata metadata_;
};

TEST_F(InputReachTest, ReadingBeginsWhereNothingBeforeCanBeVisible) {
  const InputReach found = reach(15);  // visible at hour 12: of hour 6, in a record of hour 5
  EXPECT_EQ(found.from, Position{5});
  EXPECT_TRUE(found.covered);
}

TEST_F(InputReachTest, RetentionCoversWhatItHasDroppedBeforeThat) {
  trim(4);
  EXPECT_EQ(reach(15).from, Position{5});
  EXPECT_TRUE(reach(15).covered);
  trim(5);  // the record before it may have been one of hour 5, too
  EXPECT_EQ(reach(15).from, Position{5});
  EXPECT_FALSE(reach(15).covered);
  trim(9);
  EXPECT_FALSE(reach(15).covered);
}

TEST_F(InputReachTest, RecordTimesThatGoBackAndForthStartAtTheFirstThatMatters) {
  append(-100);
  append(30);
  metadata_.state->stream_time = EventTime{kBaseMs + 30 * kHourMs};
  EXPECT_EQ(reach(22).from, Position{21});
}

TEST_F(InputReachTest, WithoutAnAcceptedEventNothingIsNeeded) {
  metadata_.state->stream_time.reset();
  trim(15);
  EXPECT_EQ(reach(15).from, Position{15});
  EXPECT_TRUE(reach(15).covered);
}

TEST_F(InputReachTest, AStreamTimeThatNoRecordCanHaveGivenCountsForNothing) {
  metadata_.state->stream_time = EventTime{kBaseMs + 1'000 * kHourMs};
  EXPECT_EQ(reach(15).from, Position{0});
  EXPECT_TRUE(reach(15).covered);
  trim(1);
  EXPECT_EQ(reach(15).from, Position{1});
  EXPECT_FALSE(reach(15).covered);
}

TEST_F(InputReachTest, OfAnotherConfigurationOrAnOlderFormatTheWholeTopicIsNeeded) {
  const PositionMetadata told = metadata_;
  metadata_.state.reset();
  EXPECT_EQ(reach(15).from, Position{0});
  metadata_ = told;
  config_.input.event_future_max.value = 1;
  EXPECT_EQ(reach(15).from, Position{0});
  EXPECT_TRUE(reach(15).covered);
  trim(3);
  EXPECT_EQ(reach(15).from, Position{3});
  EXPECT_FALSE(reach(15).covered);
}

TEST_F(InputReachTest, WhatTheBrokerSaysIsReturned) {
  test::MemoryTransport transport(&broker_, config_);
  broker_.fail_next(test::BrokerCall::kRange, {ErrorCode::kUnavailable, "not yet"});
  const auto found = input_reach(config_, kPartition, {Position{0}, Position{20}}, Position{15},
                                 metadata_, kFingerprint, &transport);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kUnavailable);
}

}  // namespace freshet::pipeline::input_reach_test
