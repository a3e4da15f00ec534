// What a producer makes of its topics' bounds; what it sends is tested on real brokers.
#include "pipeline/kafka/kafka_producer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "pipeline/config/config_parser.h"
#include "pipeline/kafka/mock_broker.h"

namespace freshet::pipeline::kafka_producer_test {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(KafkaProducerTest, ATopicThatMakesEveryBatchSmallerIsNamed) {
  const auto broker = MockBroker::start(nullptr).value();
  for (const char* topic : {"scores", "rows", "letters"}) {
    ASSERT_TRUE(broker->create_topic(topic, 1));
  }
  WorkerConfig config = parse_config("{}", "test").value();
  config.kafka.bootstrap = broker->bootstrap();
  std::mutex mutex;  // librdkafka's threads log, too
  std::vector<std::string> told;
  const auto producer =
      KafkaProducer::create(producer_options(config, {}), [&](int, std::string_view line) {
        const std::lock_guard lock(mutex);
        if (line.find("max.message.bytes") != std::string_view::npos) told.emplace_back(line);
      }).value();

  ASSERT_TRUE(producer->open_topic("scores", kMockTopicBytesMax));
  ASSERT_TRUE(producer->open_topic("rows", 3'000));
  ASSERT_TRUE(producer->open_topic("letters", kMockTopicBytesMax));
  EXPECT_EQ(producer->number_option("batch.size"), 3'000);
  const std::lock_guard lock(mutex);
  EXPECT_THAT(told, ElementsAre(AllOf(HasSubstr("topic rows: max.message.bytes is 3000"),
                                      HasSubstr("raise it to 1000000 or more"))));
}

}  // namespace freshet::pipeline::kafka_producer_test
