// The contract of pipeline/transport.h about records: reading, positions in the log, outputs.
// A harness brings the broker; INSTANTIATE_TYPED_TEST_SUITE_P runs the suite on it.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/events/partitioner.h"
#include "tests/contract/pipeline/transport_contract.h"

namespace freshet::test {

template <class Harness>
using TransportRecords = TransportContract<Harness>;

TYPED_TEST_SUITE_P(TransportRecords);

TYPED_TEST_P(TransportRecords, ReadingBeginsAtTheChosenPosition) {
  for (int i = 0; i < 5; ++i) this->append(1, "v" + std::to_string(i));
  const auto only = this->member();
  only->listener.starts[Partition{1}] = Position{3};
  ASSERT_TRUE(only->join());
  ASSERT_TRUE(poll_until({only.get()}, [&] { return only->read.size() >= 2; }));
  EXPECT_EQ(only->read[0].offset, Offset{3});
  EXPECT_EQ(only->read[0].value, "v3");
  EXPECT_EQ(only->read[1].offset, Offset{4});
}

TYPED_TEST_P(TransportRecords, OffsetsAscendInEachPartitionAndNoneIsMissing) {
  constexpr int kRecords = 200;
  for (int i = 0; i < kRecords; ++i) this->append(i % kContractPartitions, std::to_string(i));
  const auto only = this->sole_member();
  ASSERT_TRUE(poll_until({only.get()}, [&] { return only->read.size() >= kRecords; }));
  ASSERT_EQ(only->read.size(), std::size_t{kRecords});
  std::map<Partition, std::int64_t> next;
  for (const StoredRecord& record : only->read) {
    EXPECT_EQ(record.offset.value, next[record.partition]++);
  }
}

TYPED_TEST_P(TransportRecords, ABatchHoldsAtMostWhatWasAskedFor) {
  for (int i = 0; i < 30; ++i) this->append(0, "v");
  const auto only = this->sole_member();
  std::size_t read = only->read.size();
  while (read < 30) {
    const auto batch = only->transport->poll(std::chrono::milliseconds(100), 7);
    ASSERT_TRUE(batch);
    ASSERT_LE(batch->records.size(), 7U);
    read += batch->records.size();
  }
}

TYPED_TEST_P(TransportRecords, KeysValuesAndTimesArriveAsAppended) {
  StoredRecord full;
  full.key = std::string("k\0\xff", 3);
  full.value = std::string("v\0\x80", 3);
  full.timestamp = EventTime{1'602'633'600'123};
  StoredRecord empty;
  empty.key = "";
  empty.value = "";
  empty.timestamp = EventTime{1'602'633'600'124};
  StoredRecord null;
  null.timestamp = EventTime{1'602'633'600'125};
  for (const StoredRecord& record : {full, empty, null}) {
    this->harness_.append(Partition{2}, record);
  }
  const auto only = this->sole_member();
  ASSERT_TRUE(poll_until({only.get()}, [&] { return only->read.size() >= 3; }));
  const std::vector<StoredRecord> expected = {full, empty, null};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(only->read[i].key, expected[i].key);
    EXPECT_EQ(only->read[i].value, expected[i].value);
    EXPECT_EQ(only->read[i].timestamp, expected[i].timestamp);
  }
}

TYPED_TEST_P(TransportRecords, ABatchOutlivesItsTransport) {
  this->append(0, "still here");
  auto only = this->member();
  ASSERT_TRUE(only->join());
  pipeline::RecordBatch batch;
  while (batch.records.empty()) {
    auto polled = only->transport->poll(std::chrono::milliseconds(100), 10);
    ASSERT_TRUE(polled);
    batch = std::move(*polled);
  }
  ASSERT_TRUE(only->transport->close());
  only.reset();
  EXPECT_EQ(batch.records[0].value, "still here");
}

TYPED_TEST_P(TransportRecords, AnEmptyPollReturnsAfterItsTimeout) {
  const auto only = this->sole_member();
  const auto before = std::chrono::steady_clock::now();
  const auto batch = only->transport->poll(std::chrono::milliseconds(60), 10);
  const auto waited = std::chrono::steady_clock::now() - before;
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->records.empty());
  EXPECT_FALSE(batch->end_of_input);
  EXPECT_GE(waited, std::chrono::milliseconds(50));
  EXPECT_LT(waited, std::chrono::seconds(10));
}

TYPED_TEST_P(TransportRecords, BeginAndEndPositionsFrameTheLog) {
  for (int i = 0; i < 3; ++i) this->append(3, "v");
  const auto only = this->sole_member();
  EXPECT_EQ(only->transport->range(Partition{3})->begin, Position{0});
  EXPECT_EQ(only->transport->range(Partition{3})->end, Position{3});
  EXPECT_EQ(only->transport->range(Partition{0})->end, Position{0});
}

TYPED_TEST_P(TransportRecords, APositionForATimeIsTheFirstRecordThatIsAsYoung) {
  constexpr std::int64_t kBase = 1'602'633'600'000;
  for (const std::int64_t ms : {100, 200, 50, 200, 300}) {
    StoredRecord record;
    record.key = "k";
    record.value = "v";
    record.timestamp = EventTime{kBase + ms};
    this->harness_.append(Partition{2}, record);
  }
  const auto only = this->sole_member();
  const auto position = [&](std::int32_t partition, std::int64_t ms) {
    const auto found = only->transport->position_for_time(Partition{partition}, {kBase + ms});
    EXPECT_TRUE(found) << found.error().message;
    return *found;
  };
  EXPECT_EQ(position(2, -kBase), Position{0});
  EXPECT_EQ(position(2, 100), Position{0});
  EXPECT_EQ(position(2, 101), Position{1});
  EXPECT_EQ(position(2, 200), Position{1});
  EXPECT_EQ(position(2, 201), Position{4});
  EXPECT_EQ(position(2, 301), std::nullopt);
  EXPECT_EQ(position(0, 0), std::nullopt);
}

TYPED_TEST_P(TransportRecords, APositionOutsideTheLogEndsTheTransportByName) {
  this->append(0, "v");
  const auto only = this->member();
  only->listener.starts[Partition{0}] = Position{1'000};
  ASSERT_TRUE(only->join());
  Status polled;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (polled && std::chrono::steady_clock::now() < deadline) polled = only->poll();
  ASSERT_FALSE(polled);
  EXPECT_EQ(this->code_of(polled), ErrorCode::kFenced);
  EXPECT_NE(polled.error().message.find("partition 0"), std::string::npos);
}

TYPED_TEST_P(TransportRecords, OutputsAreVisibleAfterAFlush) {
  const auto only = this->sole_member();
  pipeline::OutputRecord score;
  score.key = "u1";
  score.value = std::string("{\"s\":1}\0\xff", 9);
  pipeline::OutputRecord letter;
  letter.topic = pipeline::OutputTopic::kDeadLetters;
  letter.headers = {{"freshet.reason", "not_json"}, {"freshet.empty", ""}};
  ASSERT_TRUE(only->transport->send(score));
  ASSERT_TRUE(only->transport->send(letter));
  ASSERT_TRUE(only->transport->flush(this->kFlushTimeout));

  const auto scores = this->harness_.records(this->harness_.config().kafka.output);
  ASSERT_EQ(scores.size(), 1U);
  EXPECT_EQ(scores[0].key, score.key);
  EXPECT_EQ(scores[0].value, score.value);
  EXPECT_TRUE(scores[0].headers.empty());
  EXPECT_EQ(scores[0].partition, pipeline::partition_of("u1", kContractPartitions));
  const auto letters = this->harness_.records(this->harness_.config().kafka.dead_letter);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].key, std::nullopt);
  EXPECT_EQ(letters[0].value, std::nullopt);
  EXPECT_EQ(letters[0].headers, letter.headers);
}

TYPED_TEST_P(TransportRecords, OutputsOfOneKeyKeepTheirOrder) {
  constexpr int kOutputs = 500;
  const auto only = this->sole_member();
  for (int i = 0; i < kOutputs; ++i) {
    pipeline::OutputRecord record;
    record.key = "user" + std::to_string(i % 7);
    record.value = std::to_string(i);
    ASSERT_TRUE(only->transport->send(record));
  }
  ASSERT_TRUE(only->transport->flush(this->kFlushTimeout));
  const auto scores = this->harness_.records(this->harness_.config().kafka.output);
  ASSERT_EQ(scores.size(), std::size_t{kOutputs});
  std::map<std::string, int> last;
  for (const StoredRecord& record : scores) {
    EXPECT_EQ(record.partition, pipeline::partition_of(*record.key, kContractPartitions));
    const int number = std::stoi(*record.value);
    const auto previous = last.find(*record.key);
    if (previous != last.end()) {
      EXPECT_GT(number, previous->second);
    }
    last[*record.key] = number;
  }
}

TYPED_TEST_P(TransportRecords, AMissingTopicIsNamed) {
  for (const std::string topic : {"input", "output", "dead_letter"}) {
    pipeline::WorkerConfig config = this->harness_.config();
    std::string& name = topic == "input"    ? config.kafka.input
                        : topic == "output" ? config.kafka.output
                                            : config.kafka.dead_letter;
    name = "no-such-topic";
    const auto member = this->member(config);
    const Status joined = member->join();
    ASSERT_FALSE(joined);
    EXPECT_EQ(this->code_of(joined), ErrorCode::kInvalidConfig);
    EXPECT_NE(joined.error().message.find("no-such-topic"), std::string::npos);
    EXPECT_NE(joined.error().message.find("create the topic"), std::string::npos);
  }
}

TYPED_TEST_P(TransportRecords, TheKnownEndIsTheOneThatReadingReaches) {
  for (int i = 0; i < 3; ++i) this->append(1, std::to_string(i));
  const auto only = this->sole_member();
  const auto end = [&] { return only->transport->known_end(Partition{1}); };
  ASSERT_TRUE(poll_until({only.get()}, [&] { return only->read.size() >= 3; }));
  EXPECT_TRUE(poll_until({only.get()}, [&] { return end() == Position{3}; }));
  this->append(1, "more");
  EXPECT_TRUE(poll_until({only.get()}, [&] { return end() == Position{4}; }));
  EXPECT_TRUE(poll_until({only.get()}, [&] { return only->read.size() == 4; }));
}

REGISTER_TYPED_TEST_SUITE_P(TransportRecords, ReadingBeginsAtTheChosenPosition,
                            OffsetsAscendInEachPartitionAndNoneIsMissing,
                            ABatchHoldsAtMostWhatWasAskedFor, KeysValuesAndTimesArriveAsAppended,
                            ABatchOutlivesItsTransport, AnEmptyPollReturnsAfterItsTimeout,
                            BeginAndEndPositionsFrameTheLog,
                            APositionForATimeIsTheFirstRecordThatIsAsYoung,
                            APositionOutsideTheLogEndsTheTransportByName,
                            OutputsAreVisibleAfterAFlush, OutputsOfOneKeyKeepTheirOrder,
                            AMissingTopicIsNamed, TheKnownEndIsTheOneThatReadingReaches);

}  // namespace freshet::test
