// A worker whose changed users do not fit into its memory: it commits for their sake, and no commit
// saves more than its bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "stateful/memory_state_store.h"
#include "tests/support/counting_store.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::worker_pressure_test {

using test::WorkerWorld;

constexpr std::size_t kCacheBytes = std::size_t{64} << 10;
constexpr std::size_t kUserBytesLeast = 512;  // what a changed user takes of the cache at least
constexpr std::size_t kCommitBytes = 4'096;
constexpr std::size_t kValueBytesMost = 400;  // of a user with a full sequence
constexpr int kUsers = 500;

class WorkerPressureTest : public testing::TestWithParam<Delivery> {
 protected:
  // Nothing but memory makes these commit, and save.
  static WorkerConfig config() {
    WorkerConfig config = test::config_of(
        "{commit: {interval_ms: 60000, records_max: 1000000},"
        " checkpoint: {interval_ms: 3600000, bytes_per_commit: 4096},"
        " behaviours: [{name: click, types: [click], length_max: 20, age_max: 1d}]}");
    config.delivery = GetParam();
    config.changelog = true;
    return config;
  }

  static void append_clicks(WorkerWorld* world, int rounds) {
    for (int i = 0; i < rounds * kUsers; ++i) {
      const std::string user = "u" + std::to_string(i % kUsers);
      world->append(user, test::click_json(user, "v" + std::to_string(i % 8), i));
    }
  }
};

TEST_P(WorkerPressureTest, EachCommitIsBoundedAndMemoryIsGivenBackInTime) {
  WorkerWorld world(config());
  stateful::MemoryStateStore inner;
  auto counting = std::make_unique<test::CountingStore>(&inner);
  const test::CountingStore& store = *counting;
  world.store = std::move(counting);
  world.cache_bytes = kCacheBytes;
  append_clicks(&world, 30);
  ASSERT_TRUE(world.run());

  EXPECT_EQ(world.outputs().size(), 30U * kUsers);
  EXPECT_GT(store.batches.size(), 30U);
  // The last commit saves what waits, as it leaves.
  for (std::size_t i = 0; i + 1 < store.batches.size(); ++i) {
    EXPECT_LE(store.batches[i].bytes, kCommitBytes + kValueBytesMost);
    // Each record changes a user that the records just before have not: as many users wait as lie
    // between the first change that is not saved and the position.
    const stateful::Marker& marker = store.markers[i];
    EXPECT_LE(marker.position.value - marker.applied_from.value,
              static_cast<std::int64_t>(kCacheBytes / kUserBytesLeast));
  }

  WorkerWorld roomy(config());
  append_clicks(&roomy, 30);
  ASSERT_TRUE(roomy.run());
  EXPECT_EQ(world.by_source(), roomy.by_source());
  EXPECT_EQ(test::logical_digest(world.store.get(), world.config),
            test::logical_digest(roomy.store.get(), roomy.config));
}

INSTANTIATE_TEST_SUITE_P(Deliveries, WorkerPressureTest,
                         testing::Values(Delivery::kAtLeastOnce, Delivery::kExactlyOnce),
                         [](const auto& of) {
                           return of.param == Delivery::kExactlyOnce ? "ExactlyOnce"
                                                                     : "AtLeastOnce";
                         });

}  // namespace freshet::pipeline::worker_pressure_test
