// A worker whose topics take only small records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/kafka/topic_creation.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_worker.h"
#include "tests/support/scorer_models.h"

namespace freshet::test::worker_sizes_test {
namespace {

// 100 candidates make an output of some 4 KB, one makes one of 200 bytes.
std::string request_of(std::size_t candidates, std::int64_t ms) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < candidates; ++i) items.push_back("v" + std::to_string(i));
  return request_json("u", ms, items);
}

class WorkerSizesTest : public testing::Test {
 protected:
  WorkerSizesTest() : world_(kafka_bootstrap(), "candidates: {source: event, publish: 1000}") {
    world_.model = serve(random_model(small_model(world_.config, 200)), world_.config);
  }

  std::string small_topic() {
    std::string topic = unique_name("small");
    EXPECT_TRUE(pipeline::create_topic(
        world_.config, {topic, kContractPartitions, {{"max.message.bytes", "1000"}}}));
    return topic;
  }

  void append(std::string value) { world_.append(keyed_record("u", std::move(value))); }

  KafkaWorld world_;
};

TEST_F(WorkerSizesTest, AnOutputThatTheTopicDoesNotTakeIsADeadLetterAndTheOthersAreScored) {
  world_.config.kafka.output = small_topic();
  for (std::int64_t i = 0; i < 40; ++i) append(request_of(i == 20 ? 100 : 1, i));
  KafkaWorker worker(&world_);
  ASSERT_TRUE(world_.await_outputs());
  worker.request_stop();
  EXPECT_TRUE(worker.ended()) << worker.ended().error().message;
  EXPECT_EQ(world_.outputs().size(), 39U);
  EXPECT_THAT(refusals_of(world_.dead_letters()), testing::ElementsAre("too_large@20"));
}

TEST_F(WorkerSizesTest, ADeadLetterThatItsTopicDoesNotTakeStopsTheWorkerByName) {
  world_.config.kafka.dead_letter = small_topic();
  append(std::string(2'000, 'x'));
  KafkaWorker worker(&world_);
  ASSERT_FALSE(worker.ended());
  EXPECT_EQ(worker.ended().error().code, ErrorCode::kFatal);
  EXPECT_THAT(worker.ended().error().message, testing::HasSubstr("a dead letter is refused"));
  EXPECT_THAT(worker.ended().error().message, testing::HasSubstr("max.message.bytes is 1000"));
}

}  // namespace
}  // namespace freshet::test::worker_sizes_test
