// SaveThread beside its owner's thread: for ThreadSanitizer.
#include "pipeline/state/save_thread.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "stateful/memory_state_store.h"
#include "tests/support/flaky_store.h"

namespace freshet::pipeline::save_thread_test {
namespace {

constexpr Partition kPartition{3};

std::shared_ptr<stateful::CheckpointBatch> batch_of(stateful::OwnerToken owner,
                                                    const std::string& value) {
  auto batch = std::make_shared<stateful::CheckpointBatch>();
  batch->partition = kPartition;
  batch->owner = owner;
  batch->users.push_back({UserId("u"), value});
  return batch;
}

TEST(SaveThreadTest, BatchesComeIntoTheStoreInTheirOrderAndAreReadMeanwhile) {
  stateful::MemoryStateStore store;
  SaveThread saves(&store);
  const stateful::OwnerToken owner = store.take_ownership(kPartition);
  std::vector<std::unique_ptr<SaveRunner::Write>> writes;
  for (int i = 0; i < 200; ++i) {
    const auto batch = batch_of(owner, std::to_string(i));
    writes.push_back(saves.start(batch));
    EXPECT_EQ(batch->users[0].value, std::to_string(i));
    EXPECT_TRUE(store.read_user(kPartition, UserId("u")));
  }
  for (const auto& write : writes) {
    const SaveOutcome outcome = write->wait();
    ASSERT_TRUE(outcome.applied);
    EXPECT_EQ(*outcome.applied, stateful::ApplyOutcome::kApplied);
    EXPECT_TRUE(write->ended());
  }
  EXPECT_EQ(**store.read_user(kPartition, UserId("u")), "199");
}

TEST(SaveThreadTest, WhatTheStoreRefusesIsTheOutcomeAndTheNextBatchFollows) {
  stateful::MemoryStateStore inner;
  test::FlakyStore store(&inner);
  store.writes_to_fail = 1;
  const stateful::OwnerToken owner = store.take_ownership(kPartition);
  SaveThread saves(&store);
  const auto refused = saves.start(batch_of(owner, "first"));
  const auto stale = saves.start(batch_of(stateful::OwnerToken{owner.value + 1}, "stale"));
  const auto written = saves.start(batch_of(owner, "last"));
  const SaveOutcome first = refused->wait();
  ASSERT_FALSE(first.applied);
  EXPECT_EQ(first.applied.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(*stale->wait().applied, stateful::ApplyOutcome::kStaleOwner);
  EXPECT_EQ(*written->wait().applied, stateful::ApplyOutcome::kApplied);
  EXPECT_EQ(**inner.read_user(kPartition, UserId("u")), "last");
}

TEST(SaveThreadTest, AWriteThatNobodyWaitsForMayBeDestroyedAtAnyTime) {
  stateful::MemoryStateStore store;
  const stateful::OwnerToken owner = store.take_ownership(kPartition);
  for (int i = 0; i < 50; ++i) {
    SaveThread saves(&store);
    saves.start(batch_of(owner, "first")).reset();
    const auto last = saves.start(batch_of(owner, "last"));
    if (i % 2 == 0) {
      EXPECT_TRUE(last->wait().applied);
      EXPECT_EQ(**store.read_user(kPartition, UserId("u")), "last");
    }
  }
}

TEST(SaveThreadTest, ThatItHasEndedIsSeenWithoutWaiting) {
  stateful::MemoryStateStore store;
  SaveThread saves(&store);
  const auto write = saves.start(batch_of(store.take_ownership(kPartition), "a"));
  while (!write->ended()) std::this_thread::yield();
  EXPECT_EQ(**store.read_user(kPartition, UserId("u")), "a");
}

}  // namespace
}  // namespace freshet::pipeline::save_thread_test
