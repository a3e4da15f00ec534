// RestoreThread beside its owner's thread and those that ask for its progress: for ThreadSanitizer.
#include "pipeline/restore/restore_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "pipeline/config/changelog_name.h"
#include "pipeline/log/log.h"
#include "stateful/memory_state_store.h"
#include "tests/support/memory_broker.h"
#include "tests/support/memory_changelog_reader.h"
#include "tests/support/pipeline_fixture.h"

namespace freshet::pipeline::restore_thread_test {
namespace {

using stateful::Marker;

constexpr std::int32_t kPartitions = 4;
constexpr int kUsers = 5'000;  // several polls, and several batches of the store

class RestoreThreadTest : public testing::Test {
 protected:
  RestoreThreadTest() {
    log_init("off", LogFormat::kText);
    lineage_.bytes[0] = 9;
    broker_.create_topic(topic_, kPartitions);
  }

  // What a worker that has no other users commits: they, and their marker.
  void commit(Partition partition, int users) {
    Marker marker;
    marker.lineage = lineage_;
    for (int i = 0; i < users; ++i) {
      const std::string user = "u" + std::to_string(i);
      const std::string value = "sequence " + std::to_string(partition.value);
      append(partition, user, value);
      marker.digest += stateful::digest_of_user(UserId(user), value);
    }
    marker.user_count = static_cast<std::uint64_t>(users);
    marker.fingerprint = "a=b\n";
    append(partition, "", stateful::encode_marker(marker));
  }

  void append(Partition partition, std::string key, std::string value) {
    test::StoredRecord record;
    record.key = std::move(key);
    record.value = std::move(value);
    broker_.append(topic_, partition, std::move(record));
  }

  RestoreContext context() {
    return {&store_,
            &clock_,
            [this]() -> Result<std::unique_ptr<ChangelogReader>> {
              return std::make_unique<test::MemoryChangelogReader>(&broker_, config_);
            },
            {}};
  }

  // The partition is assigned: an empty store, and marker 0 is what the group has committed.
  RestoreRequest request(Partition partition) {
    return {partition, store_.take_ownership(partition), MarkerRef{lineage_, 0}, std::nullopt};
  }

  static std::vector<RestoreOutcome> wait_for_outcomes(RestoreThread* restores, std::size_t count) {
    std::vector<RestoreOutcome> all;
    while (all.size() < count) {
      for (RestoreOutcome& outcome : restores->take_ended()) all.push_back(std::move(outcome));
      std::this_thread::yield();
    }
    return all;
  }

  std::uint64_t users_of(Partition partition) {
    std::uint64_t users = 0;
    EXPECT_TRUE(store_.scan(partition, std::nullopt, [&](std::string_view, std::string_view) {
      ++users;
      return true;
    }));
    return users;
  }

  WorkerConfig config_ = test::config_of("application_id: restored");
  std::string topic_ = changelog_topic(config_);
  stateful::LineageId lineage_;
  SystemClock clock_;
  test::MemoryBroker broker_;
  stateful::MemoryStateStore store_;
};

TEST_F(RestoreThreadTest, SeveralPartitionsAreRestoredWhileTheirOwnerWritesAndOthersAsk) {
  for (std::int32_t p = 0; p < kPartitions; ++p) commit(Partition{p}, kUsers);
  RestoreThread restores(context());
  std::atomic<bool> over{false};
  std::thread asks([&] {
    while (!over) {
      for (const RestoreProgress& one : restores.progress()) {
        EXPECT_LE(one.records, std::uint64_t{kUsers} + 1);
      }
    }
  });
  for (std::int32_t p = 0; p < kPartitions; ++p) restores.start(request(Partition{p}));

  // A task of another partition, meanwhile.
  stateful::CheckpointBatch batch;
  batch.partition = Partition{kPartitions};
  batch.owner = store_.take_ownership(batch.partition);
  std::vector<RestoreOutcome> ended;
  while (ended.size() < std::size_t{kPartitions}) {
    batch.users = {{UserId("other"), "sequence " + std::to_string(++batch.marker.marker.number)}};
    EXPECT_TRUE(store_.apply(batch));
    for (RestoreOutcome& outcome : restores.take_ended()) ended.push_back(std::move(outcome));
  }
  over = true;
  asks.join();
  for (const RestoreOutcome& outcome : ended) {
    ASSERT_TRUE(outcome.stored) << outcome.stored.error().message;
    ASSERT_TRUE(*outcome.stored);
    EXPECT_FALSE((*outcome.stored)->restored);
    EXPECT_EQ(users_of(outcome.partition), std::uint64_t{kUsers});
  }
  EXPECT_TRUE(restores.progress().empty());
}

TEST_F(RestoreThreadTest, ACancelledRestoreHasNoOutcomeAndMayStartAgain) {
  RestoreThread restores(context());
  for (int i = 0; i < 20; ++i) {
    restores.start(request(Partition{0}));  // its marker is not there, and is waited for
    restores.cancel(Partition{0});
  }
  EXPECT_TRUE(restores.take_ended().empty());
  commit(Partition{0}, kUsers);
  restores.start(request(Partition{0}));
  const std::vector<RestoreOutcome> ended = wait_for_outcomes(&restores, 1);
  EXPECT_TRUE(ended.front().stored);
  EXPECT_EQ(users_of(Partition{0}), std::uint64_t{kUsers});
  EXPECT_TRUE(restores.take_ended().empty());
}

TEST_F(RestoreThreadTest, WhatHasEndedBeforeItsCancelIsForgotten) {
  commit(Partition{0}, 10);
  RestoreThread restores(context());
  restores.start(request(Partition{0}));
  while (!restores.progress().empty()) std::this_thread::yield();
  restores.cancel(Partition{0});
  EXPECT_TRUE(restores.take_ended().empty());
}

TEST_F(RestoreThreadTest, ItEndsWhileARestoreWaitsForItsMarker) {
  {
    RestoreThread restores(context());
    restores.start(request(Partition{0}));
    restores.start(request(Partition{1}));
  }
  const auto marker = store_.read_marker(Partition{0});
  ASSERT_TRUE(marker);
  EXPECT_FALSE(*marker);
}

TEST_F(RestoreThreadTest, AReaderThatCannotBeOpenedNowIsOpenedLater) {
  commit(Partition{0}, kUsers);
  RestoreContext with_outage = context();
  with_outage.open_reader = [open = with_outage.open_reader,
                             failures = 1]() mutable -> Result<std::unique_ptr<ChangelogReader>> {
    if (failures-- > 0) return error(ErrorCode::kUnavailable, "brokers are away");
    return open();
  };
  RestoreThread restores(std::move(with_outage));
  restores.start(request(Partition{0}));
  EXPECT_TRUE(wait_for_outcomes(&restores, 1).front().stored);
  EXPECT_EQ(users_of(Partition{0}), std::uint64_t{kUsers});
}

TEST_F(RestoreThreadTest, AReaderThatMayNotBeOpenedEndsEveryRestore) {
  RestoreContext refused = context();
  refused.open_reader = []() -> Result<std::unique_ptr<ChangelogReader>> {
    return error(ErrorCode::kInvalidConfig, "a right is missing; grant it");
  };
  RestoreThread restores(std::move(refused));
  restores.start(request(Partition{0}));
  restores.start(request(Partition{1}));
  for (const RestoreOutcome& outcome : wait_for_outcomes(&restores, 2)) {
    ASSERT_FALSE(outcome.stored);
    EXPECT_EQ(outcome.stored.error().code, ErrorCode::kInvalidConfig);
  }
}

}  // namespace
}  // namespace freshet::pipeline::restore_thread_test
