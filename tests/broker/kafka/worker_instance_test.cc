// Workers that are static members of their group.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_worker.h"

namespace freshet::test::worker_instance_test {
namespace {

// As where a state directory was copied with its identity.
TEST(WorkerInstanceTest, AWorkerWhoseIdentityAnotherTakesEndsByNameAndTheOtherGoesOn) {
  KafkaWorld world(kafka_bootstrap(), "commit: {interval_ms: 20}");
  world.append_clicks(10);
  KafkaWorker first(&world, "a");
  ASSERT_TRUE(world.await_outputs());
  stateful::MemoryStateStore copy;
  KafkaWorker second(&world, "a", &copy);
  const Status& ended = first.ended();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(ended.error().message, testing::HasSubstr("state directory of its own"));
  world.append_clicks(10);
  EXPECT_TRUE(world.await_outputs());
  second.request_stop();
  EXPECT_TRUE(second.ended()) << second.ended().error().message;
}

}  // namespace
}  // namespace freshet::test::worker_instance_test
