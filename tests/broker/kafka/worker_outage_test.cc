// A worker that is asked to stop while its broker is away: it leaves in time and nothing is lost.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_worker.h"

namespace freshet::test::worker_outage_test {
namespace {

using std::chrono::steady_clock;

// The worker's grace of 8 s, the group and the clients let go, and a machine that is busy.
constexpr std::chrono::seconds kLeaveMax{12};

// Seconds from the request to the end.
steady_clock::duration stop(KafkaWorker* worker) {
  const auto asked = steady_clock::now();
  worker->request_stop();
  static_cast<void>(worker->ended());
  return steady_clock::now() - asked;
}

enum class Outage { kStopped, kKilled, kFrozen };

std::string name_of_outage(const testing::TestParamInfo<Outage>& each) {
  constexpr const char* kNames[] = {"Stopped", "Killed", "Frozen"};
  return kNames[static_cast<std::size_t>(each.param)];
}

void begin(Outage outage, OwnKafkaBroker* broker) {
  switch (outage) {
    case Outage::kStopped:
      return broker->stop();
    case Outage::kKilled:
      return broker->kill();
    case Outage::kFrozen:
      return broker->freeze();
  }
}

class WorkerOutageTest : public testing::TestWithParam<Outage> {
 protected:
  // Runs, loses the broker, is stopped; then a second worker takes up what the first has left.
  void stop_in_outage(std::string_view yaml) {
    OwnKafkaBroker broker;
    KafkaWorld world(broker.bootstrap(), yaml);
    world.append_clicks(20);
    KafkaWorker first(&world);
    ASSERT_TRUE(world.await_outputs());
    begin(GetParam(), &broker);
    EXPECT_LT(stop(&first), kLeaveMax);

    if (GetParam() == Outage::kFrozen) broker.kill();
    broker.start();
    world.append_clicks(20);
    KafkaWorker second(&world);
    EXPECT_TRUE(world.await_outputs());
    second.request_stop();
    EXPECT_TRUE(second.ended()) << second.ended().error().message;
    EXPECT_TRUE(world.dead_letters().empty());
  }
};

TEST_P(WorkerOutageTest, AStopWithEverythingCommittedEndsInTimeAndLosesNothing) {
  stop_in_outage("commit: {interval_ms: 1}\ncheckpoint: {interval_ms: 1}");
}

TEST_P(WorkerOutageTest, AStopWithUncommittedOutputsEndsInTimeAndLosesNothing) {
  stop_in_outage("commit: {interval_ms: 60000, records_max: 1000000}");
}

TEST_P(WorkerOutageTest, AStopBeforeAnyAnswerEndsInTime) {
  OwnKafkaBroker broker;
  KafkaWorld world(broker.bootstrap(), "commit: {interval_ms: 100}");
  begin(GetParam(), &broker);
  KafkaWorker worker(&world);
  EXPECT_LT(stop(&worker), kLeaveMax);
  if (GetParam() == Outage::kFrozen) broker.kill();
}

INSTANTIATE_TEST_SUITE_P(WhileTheBrokerIs, WorkerOutageTest,
                         testing::Values(Outage::kStopped, Outage::kKilled, Outage::kFrozen),
                         name_of_outage);

}  // namespace
}  // namespace freshet::test::worker_outage_test
