// Workers that fail at random calls, on several partitions, give the outputs of an undisturbed one.
#include <gtest/gtest.h>

#include "tests/support/seed.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::worker_property_test {

using test::BrokerCall;
using test::Moment;
using test::WorkerWorld;

constexpr int kCases = 500;
constexpr std::int32_t kPartitions = 3;

const WorkerConfig& config() {
  static const WorkerConfig parsed = test::config_of(
      "{candidates: {publish: 3}, commit: {interval_ms: 5, records_max: 7},"
      " checkpoint: {interval_ms: 20, bytes_per_commit: 1024},"
      " behaviours: [{name: click, types: [click], length_max: 3, age_max: 25ms},"
      " {name: cart, types: [cart], length_max: 2, age_max: 1d}]}");
  return parsed;
}

void fill(WorkerWorld* world, const std::vector<test::StoredRecord>& log) {
  for (const test::StoredRecord& record : log) {
    world->append(record.key.value_or(""), record.value.value_or(""));
  }
}

std::map<Partition, std::string> logical_digests(WorkerWorld* world) {
  const auto report = verify_state(world->store.get(), world->config.limits());
  EXPECT_TRUE(report && report->sound());
  std::map<Partition, std::string> digests;
  for (const PartitionReport& partition : report->partitions) {
    digests[partition.partition] = partition.logical_digest.hex();
  }
  return digests;
}

TEST(WorkerProperty, FailuresAtAnyCallChangeNoOutput) {
  Random random(test::test_seed());
  std::uint64_t reread = 0;
  for (int k = test::case_count(kCases); k > 0 && !HasFailure(); --k) {
    const auto log = test::random_log(&random, 1 + random.below(60), config());
    WorkerWorld expected(config(), kPartitions);
    fill(&expected, log);
    ASSERT_TRUE(expected.run());

    WorkerWorld world(config(), kPartitions);
    fill(&world, log);
    world.broker.deliver_at_once(random.chance(0.5));
    if (random.chance(0.5)) world.cache_bytes = 1;
    world.saves_late = random.chance(0.5);
    const double failure = random.uniform(0.0, 0.1);
    world.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
      // A member that joins and is gone at once would keep its partitions until it expires.
      if (call == BrokerCall::kSubscribe && moment == Moment::kAfter) return {};
      world.clock.advance(static_cast<std::int64_t>(random.below(4)));
      if (!random.chance(failure)) return {};
      // Half of them end the process, half of them only the membership.
      return error(random.chance(0.5) ? ErrorCode::kFatal : ErrorCode::kFenced, "as it happens");
    };
    int lives = 0;
    while (!world.run()) {
      if (++lives == 50) world.watch.fault = nullptr;
    }
    world.watch.fault = nullptr;
    ASSERT_TRUE(world.run());  // what the last life left undone
    ASSERT_TRUE(world.by_source() == expected.by_source()) << "case " << k;
    ASSERT_EQ(logical_digests(&world), logical_digests(&expected)) << "case " << k;
    reread += world.counters.records_reread;
  }
  EXPECT_GT(reread, 0U);  // else no failure left anything to repair
}

}  // namespace freshet::pipeline::worker_property_test
