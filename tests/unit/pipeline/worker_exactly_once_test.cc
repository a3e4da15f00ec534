// Exactly once on the in-memory broker: the worker ends at every call in turn, with its own store,
// an older one or none, and what is committed in the end is what an uninterrupted worker commits.
// tests/sim does the same with several workers and all faults at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "stateful/memory_state_store.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::worker_exactly_once_test {
namespace {

using test::BrokerCall;
using test::Moment;
using test::WorkerWorld;

WorkerConfig exactly_once_config() {
  WorkerConfig config = test::config_of(
      "{application_id: app,"
      " behaviours: [{name: click, types: [click], length_max: 3, age_max: 1d}]}");
  config.delivery = Delivery::kExactlyOnce;
  config.changelog = true;
  config.commit.records_max = 64;
  return config;
}

void append_clicks(WorkerWorld* world, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string user = "u" + std::to_string(i % 37);
    world->append(user, i % 50 == 7 ? "not an event"
                                    : test::click_json(user, "v" + std::to_string(i % 8), i));
  }
}

enum class NextStore { kOwn, kNone, kOlder };

struct EndingCase {
  BrokerCall call;
  Moment moment;
  NextStore store;
};

std::string name_of(const testing::TestParamInfo<EndingCase>& info) {
  std::ostringstream name;
  PrintTo(info.param.call, &name);
  name << (info.param.moment == Moment::kBefore ? "Before" : "After")
       << (info.param.store == NextStore::kOwn    ? "OwnStore"
           : info.param.store == NextStore::kNone ? "NoStore"
                                                  : "OlderStore");
  return name.str();
}

class WorkerEndsTest : public testing::TestWithParam<EndingCase> {
 protected:
  static constexpr int kRecords = 600;
};

std::unique_ptr<stateful::StateStore> copy_of(stateful::StateStore* store) {
  auto copy = std::make_unique<stateful::MemoryStateStore>();
  const auto marker = store->read_marker(Partition{0});
  if (!*marker) return copy;
  stateful::CheckpointBatch all;
  all.owner = copy->take_ownership(Partition{0});
  all.marker = **marker;
  EXPECT_TRUE(store->scan(Partition{0}, std::nullopt, [&](std::string_view user, auto value) {
    all.users.push_back({UserId(user), std::string(value)});
    return true;
  }));
  EXPECT_TRUE(copy->apply(all));
  return copy;
}

TEST_P(WorkerEndsTest, EachInputHasOneOutputWithTheBytesOfAnUninterruptedRun) {
  WorkerWorld undisturbed(exactly_once_config());
  append_clicks(&undisturbed, kRecords);
  ASSERT_TRUE(undisturbed.run());
  const auto expected = undisturbed.by_source();
  ASSERT_EQ(expected.size(), static_cast<std::size_t>(kRecords));

  bool reached = true;
  for (int nth = 1; reached; nth += GetParam().call == BrokerCall::kSend ? 97 : 1) {
    WorkerWorld world(exactly_once_config());
    append_clicks(&world, kRecords);
    std::unique_ptr<stateful::StateStore> older = copy_of(world.store.get());
    int calls = 0;
    world.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
      if (call != GetParam().call || moment != GetParam().moment) return {};
      ++calls;
      if (calls == (nth + 1) / 2) older = copy_of(world.store.get());
      return calls == nth ? error(ErrorCode::kFatal, "the process ends here") : Status{};
    };
    reached = !world.run();
    world.watch.fault = nullptr;
    if (GetParam().store == NextStore::kNone) {
      world.store = std::make_unique<stateful::MemoryStateStore>();
    } else if (GetParam().store == NextStore::kOlder) {
      world.store = std::move(older);
    }
    const Status ended = world.run();
    ASSERT_TRUE(ended) << nth << ": " << ended.error().message;
    ASSERT_EQ(world.outputs().size() + world.dead_letters().size(), expected.size()) << nth;
    ASSERT_EQ(world.by_source(), expected) << nth;
    ASSERT_EQ(test::logical_digest(world.store.get(), world.config),
              test::logical_digest(undisturbed.store.get(), undisturbed.config))
        << nth;
  }
}

std::vector<EndingCase> ending_cases() {
  std::vector<EndingCase> cases;
  for (const BrokerCall call :
       {BrokerCall::kPoll, BrokerCall::kSend, BrokerCall::kFlush, BrokerCall::kCommit}) {
    for (const Moment moment : {Moment::kBefore, Moment::kAfter}) {
      for (const NextStore store : {NextStore::kOwn, NextStore::kNone, NextStore::kOlder}) {
        cases.push_back({call, moment, store});
      }
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Calls, WorkerEndsTest, testing::ValuesIn(ending_cases()), name_of);

TEST(WorkerExactlyOnceTest, NothingIsVisibleBeforeItsCommit) {
  WorkerConfig config = exactly_once_config();
  config.commit.records_max = 1'000'000;
  WorkerWorld world(config);
  append_clicks(&world, 100);
  world.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
    if (call == BrokerCall::kFlush || (call == BrokerCall::kCommit && moment == Moment::kBefore)) {
      EXPECT_TRUE(world.outputs().empty());
    }
    return {};
  };
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.outputs().size() + world.dead_letters().size(), 100U);
}

}  // namespace
}  // namespace freshet::pipeline::worker_exactly_once_test
