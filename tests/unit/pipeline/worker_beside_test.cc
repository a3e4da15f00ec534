// Commits that go on beside the processing, on the in-memory broker: one request of theirs at each
// ask. tests/sim does the same with several workers and all faults at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "pipeline/models/model_source.h"
#include "stateful/memory_state_store.h"
#include "tests/support/scorer_models.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::worker_beside_test {
namespace {

using test::BrokerCall;
using test::Moment;
using test::WorkerWorld;

constexpr int kRecords = 6'000;

WorkerConfig beside_config() {
  WorkerConfig config = test::config_of(
      "{application_id: app, delivery: at_least_once,"
      " behaviours: [{name: click, types: [click], length_max: 3, age_max: 1d}]}");
  config.commit.interval.value = 1;
  config.commit.records_max = 1'000'000;
  config.checkpoint.interval.value = 40;
  return config;
}

void append_clicks(WorkerWorld* world, int count = kRecords) {
  for (int i = 0; i < count; ++i) {
    const std::string user = "u" + std::to_string(i % 5);
    const std::string click = test::click_json(user, "v" + std::to_string(i % 8), i);
    test::StoredRecord record = test::keyed_record(user, i % 50 == 7 ? "not an event" : click);
    record.timestamp = EventTime{test::kBaseMs + i};
    world->append(std::move(record));
  }
}

class WorkerBesideTest : public testing::Test {
 protected:
  WorkerBesideTest() : world(beside_config()) {
    append_clicks(&world);
    world.watch.commits_beside = true;
    world.watch.fault = [this](BrokerCall call, Moment moment) {
      if (call == BrokerCall::kSend && moment == Moment::kAfter && ++sent % 20 == 0) {
        world.clock.advance(1);
      }
      return on_call ? on_call(call, moment) : Status{};
    };
  }
  std::int64_t committed() const {
    return world.broker.committed("app", Partition{0})->position.value;
  }

  WorkerWorld world;
  int sent = 0;
  std::function<Status(BrokerCall, Moment)> on_call;
};

TEST_F(WorkerBesideTest, RecordsThatAreProcessedMeanwhileAreOfALaterCommit) {
  int flushed = 0;
  int meanwhile = 0;
  on_call = [&](BrokerCall call, Moment moment) -> Status {
    if (call == BrokerCall::kFlush && moment == Moment::kAfter) flushed = sent;
    if (call != BrokerCall::kCommit || moment != Moment::kAfter) return {};
    meanwhile += sent > flushed ? 1 : 0;
    EXPECT_LE(committed(), flushed) << "an output below it may be lost";
    return {};
  };
  ASSERT_TRUE(world.run());
  EXPECT_GT(meanwhile, 10) << "nothing was processed beside a commit";
  EXPECT_EQ(committed(), kRecords);
  EXPECT_EQ(world.outputs().size() + world.dead_letters().size(), std::size_t{kRecords});
}

TEST_F(WorkerBesideTest, TheStoreGetsABatchOnceItsTransactionIsDecided) {
  std::set<std::int64_t> saved;
  on_call = [&](BrokerCall, Moment) -> Status {
    const auto stored = world.store->read_marker(Partition{0});
    if (!*stored) return {};
    saved.insert((*stored)->marker.position.value);
    EXPECT_LE((*stored)->marker.position.value, committed());
    return {};
  };
  ASSERT_TRUE(world.run());
  EXPECT_GT(saved.size(), 3U);
}

TEST_F(WorkerBesideTest, AUserThatLeftTheCacheIsReadInTheBatchThatIsUnderWay) {
  world.cache_bytes = 1;  // nobody stays who is encoded
  ASSERT_TRUE(world.run());
  WorkerWorld undisturbed(beside_config());
  append_clicks(&undisturbed);
  ASSERT_TRUE(undisturbed.run());
  EXPECT_EQ(world.by_source(), undisturbed.by_source());
  EXPECT_EQ(test::logical_digest(world.store.get(), world.config),
            test::logical_digest(undisturbed.store.get(), undisturbed.config));
}

TEST_F(WorkerBesideTest, WhatIsProcessedBesideIsBoundedAsBetweenTwoCommits) {
  world.config.commit.records_max = 100;
  int begun_at = 0;
  on_call = [&](BrokerCall call, Moment moment) -> Status {
    if (call == BrokerCall::kFlush && moment == Moment::kBefore) begun_at = sent;
    EXPECT_LE(sent - begun_at, 100 + 64);  // it looks once every 64 records
    return {};
  };
  ASSERT_TRUE(world.run());
  EXPECT_EQ(committed(), kRecords);
}

TEST_F(WorkerBesideTest, AnOutputIsTimedWhenTheCommitThatItIsOfIsDone) {
  int flushed = 0;
  on_call = [&](BrokerCall call, Moment moment) -> Status {
    if (call == BrokerCall::kFlush && moment == Moment::kAfter) flushed = sent;
    EXPECT_LE(world.counters.event_to_score.count(), static_cast<std::uint64_t>(flushed));
    return {};
  };
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.counters.event_to_score.count(), std::uint64_t{kRecords});
}

// Another model for each time that it is asked for after so many outputs.
class Releases final : public ModelSource {
 public:
  Releases(const WorkerConfig& config, const int* sent) : sent_(sent) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      scorer::ModelInitOptions options = test::small_model(config);
      options.version = options.seed = seed;
      models_.push_back(test::serve(test::random_model(options), config));
    }
  }
  std::shared_ptr<const ServedModel> newest() const override {
    return models_[static_cast<std::size_t>(*sent_ * 4 / (kRecords + 1))];
  }

 private:
  const int* sent_;
  std::vector<std::shared_ptr<const ServedModel>> models_;
};

TEST_F(WorkerBesideTest, AModelTakesOverWhereEverythingIsCommitted) {
  const Releases releases(world.config, &sent);
  world.models = &releases;
  std::set<std::int64_t> committed_at;
  std::set<std::int64_t> taken_over_at;
  on_call = [&](BrokerCall call, Moment moment) -> Status {
    if (call != BrokerCall::kCommit || moment != Moment::kAfter) return {};
    committed_at.insert(committed());
    const auto stored = world.store->read_marker(Partition{0});
    if (*stored) taken_over_at.insert((*stored)->marker.model->first_position.value);
    return {};
  };
  ASSERT_TRUE(world.run());
  taken_over_at.insert(
      (*world.store->read_marker(Partition{0}))->marker.model->first_position.value);
  EXPECT_EQ(taken_over_at.size(), 4U);
  EXPECT_THAT(committed_at, testing::IsSupersetOf(taken_over_at));
}

using EndingCase = std::tuple<Moment, ErrorCode, bool>;
class WorkerBesideEndsTest : public WorkerBesideTest,
                             public testing::WithParamInterface<EndingCase> {};

// kFatal is the process's end; the others it recovers from by itself.
TEST_P(WorkerBesideEndsTest, NothingIsLostWhateverACommitUnderWayMeets) {
  const auto [when, code, keeps_store] = GetParam();
  constexpr int kFewer = 1'500;
  WorkerWorld undisturbed(beside_config());
  append_clicks(&undisturbed, kFewer);
  ASSERT_TRUE(undisturbed.run());
  const auto expected = undisturbed.by_source();

  bool reached = true;
  for (int nth = 1; reached; nth += 1 + nth / 4) {
    WorkerWorld again(beside_config());
    append_clicks(&again, kFewer);
    again.watch.commits_beside = true;
    int calls = 0;
    sent = 0;
    again.watch.fault = [&](BrokerCall call, Moment moment) -> Status {
      if (call == BrokerCall::kSend && moment == Moment::kAfter && ++sent % 20 == 0) {
        again.clock.advance(1);
      }
      if (call != BrokerCall::kCommit || moment != when || ++calls != nth) return {};
      return error(code, "what the test is about");
    };
    const Status ended = again.run();
    reached = calls >= nth;
    EXPECT_EQ(ended.has_value(), !reached || code != ErrorCode::kFatal) << nth;
    again.watch.fault = nullptr;
    if (!keeps_store) again.store = std::make_unique<stateful::MemoryStateStore>();
    const Status healed = again.run();
    ASSERT_TRUE(healed) << nth << ": " << healed.error().message;
    ASSERT_EQ(again.by_source(), expected) << nth;
    ASSERT_EQ(test::logical_digest(again.store.get(), again.config),
              test::logical_digest(undisturbed.store.get(), undisturbed.config))
        << nth;
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, WorkerBesideEndsTest,
                         testing::Combine(testing::Values(Moment::kBefore, Moment::kAfter),
                                          testing::Values(ErrorCode::kFatal, ErrorCode::kFenced,
                                                          ErrorCode::kUnavailable),
                                          testing::Bool()));

}  // namespace
}  // namespace freshet::pipeline::worker_beside_test
