#include "pipeline/kafka/mock_broker.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <fstream>
#include <string>

#include "pipeline/config/config_parser.h"
#include "pipeline/kafka/produce.h"
#include "pipeline/kafka/topic_tail.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline {
namespace {

constexpr std::uint64_t kLines = 500;

class MockBrokerTest : public testing::Test {
 protected:
  void SetUp() override {
    broker_ = MockBroker::start(nullptr).value();
    ASSERT_TRUE(broker_->create_topic("clicks", 3).has_value());
    config_ = parse_config("{}", "test").value();
    config_.kafka.bootstrap = broker_->bootstrap();
    config_.kafka.client["fetch.wait.max.ms"] = "2";
    std::ofstream log(dir_.path() / "log.jsonl");
    for (std::uint64_t i = 0; i < kLines; ++i) {
      log << R"({"user_id":"u)" << i % 17
          << R"(","item_id":"v1","ts":1704067200000,"type":"click"})" << '\n';
    }
    produce_.input = dir_.path() / "log.jsonl";
    produce_.client.topic_bytes_max = kMockTopicBytesMax;
  }

  std::uint64_t records_in_topic() {
    const std::array<std::string, 1> topics = {"clicks"};
    auto tail = TopicTail::open(config_, topics, {}).value();
    std::uint64_t count = 0;
    std::uint64_t before = 0;
    do {
      before = count;
      const Status polled = tail.poll(std::chrono::milliseconds(500),
                                      [&](std::string_view topic, const DumpRecord& record) {
                                        EXPECT_EQ(topic, "clicks");
                                        EXPECT_TRUE(record.key.has_value());
                                        ++count;
                                      });
      EXPECT_TRUE(polled.has_value());
    } while (count != before);
    return count;
  }

  test::TempDir dir_;
  std::unique_ptr<MockBroker> broker_;
  WorkerConfig config_;
  ProduceOptions produce_;
};

TEST_F(MockBrokerTest, WhatIsProducedIsRead) {
  std::uint64_t steps = 0;
  std::optional<double> share;
  produce_.before_send = [&](const ProduceStep& step) {
    EXPECT_EQ(step.records, steps++);
    share = step.share;
  };
  const auto produced = produce(config_, produce_);
  ASSERT_TRUE(produced.has_value()) << produced.error().message;
  EXPECT_EQ(produced->records, kLines);
  EXPECT_FALSE(produced->stopped);
  EXPECT_EQ(steps, kLines);
  EXPECT_EQ(share, 1.0);
  EXPECT_EQ(records_in_topic(), kLines);
}

TEST_F(MockBrokerTest, AStopEndsProduceWithWhatItCounted) {
  StopSignal stop;
  produce_.stop = &stop;
  produce_.before_send = [&](const ProduceStep& step) {
    if (step.records == 100) stop.request();
  };
  const auto produced = produce(config_, produce_);
  ASSERT_TRUE(produced.has_value()) << produced.error().message;
  EXPECT_TRUE(produced->stopped);
  EXPECT_EQ(produced->records, 100U);
  EXPECT_EQ(records_in_topic(), 100U);
}

TEST_F(MockBrokerTest, AStopIsHeardWhileThePaceWaits) {
  StopSignal stop;
  produce_.stop = &stop;
  produce_.records_per_s = 1e-3;  // the second record is due after a quarter of an hour
  produce_.before_send = [&](const ProduceStep& step) {
    EXPECT_LE(step.records, 1U);
    stop.request();
  };
  const auto produced = produce(config_, produce_);
  ASSERT_TRUE(produced.has_value());
  EXPECT_TRUE(produced->stopped);
}

TEST_F(MockBrokerTest, ATopicThatIsThereIsNotMadeAgain) {
  EXPECT_FALSE(broker_->create_topic("clicks", 3).has_value());
}

}  // namespace
}  // namespace freshet::pipeline
