#include "pipeline/state/partition_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline::partition_state_test {

using ::testing::HasSubstr;

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

class PartitionStateTest : public ::testing::Test {
 protected:
  PartitionStateTest() {
    scorer::set_float_mode();
    models_ = {test::serve(test::random_model(test::small_model(config_)), config_)};
    owner_ = store_.take_ownership(Partition{0});
    reset(1 << 20);
  }

  void reset(std::size_t cache_bytes) {
    state_.emplace(&store_, Partition{0}, owner_, models_, config_.limits(), std::nullopt,
                   cache_bytes);
  }

  void click(const std::string& user, std::int64_t ms) {
    const UserId id(user);
    state_->advance_stream_time(EventTime{test::kBaseMs + ms});
    PartitionState::User* hot = *state_->user(id);
    hot->value().insert(models_, 0, {EventTime{test::kBaseMs + ms}, ItemId("v1")});
    state_->note_change(hot, Offset{next_offset_++});
    state_->release(hot);
  }

  // Saves what the slice holds then; returns its users' names, "-" before one that is deleted.
  std::vector<std::string> save(std::size_t bytes_max, std::size_t users_due) {
    state_->fill_slice(users_due, bytes_max);
    const std::shared_ptr<stateful::CheckpointBatch> batch = state_->take_slice();
    land(batch);
    std::vector<std::string> names;
    for (const stateful::UserChange& change : batch->users) {
      names.push_back((change.value ? "" : "-") + change.user.str());
    }
    return names;
  }

  void land(const std::shared_ptr<stateful::CheckpointBatch>& batch) {
    batch->owner = owner_;
    EXPECT_TRUE(store_.apply(*batch));
    state_->landed();
  }

  // How many clicks are held of the user, whether it is hot or not.
  std::size_t clicks_of(const std::string& user) {
    const auto state = state_->peek(UserId(user));
    EXPECT_TRUE(state);
    return *state ? (*state)->sequences[0].size() : 0;
  }

  // What a scan says of the store, against the running sums.
  void expect_sums_of_a_scan() {
    stateful::Digest digest;
    std::uint64_t users = 0;
    ASSERT_TRUE(
        store_.scan(Partition{0}, std::nullopt, [&](std::string_view user, std::string_view value) {
          digest += stateful::digest_of_user(UserId(user), value);
          ++users;
          return true;
        }));
    EXPECT_EQ(state_->digest(), digest);
    EXPECT_EQ(state_->user_count(), users);
  }

  WorkerConfig config_ =
      test::config_of("behaviours: [{name: click, types: [click], length_max: 3, age_max: 100ms}]");
  ServedModels models_;
  stateful::MemoryStateStore store_;
  stateful::OwnerToken owner_;
  std::optional<PartitionState> state_;
  std::int64_t next_offset_ = 0;
};

TEST_F(PartitionStateTest, SlicesTakeTheLongestChangedFirst) {
  click("b", 1);
  click("a", 2);
  click("b", 3);  // keeps its place
  EXPECT_EQ(state_->applied_from(Position{3}), Position{0});
  EXPECT_THAT(save(kAll, 1), ::testing::ElementsAre("b"));
  EXPECT_EQ(state_->applied_from(Position{3}), Position{1});
  EXPECT_THAT(save(kAll, kAll), ::testing::ElementsAre("a"));
  EXPECT_EQ(state_->applied_from(Position{3}), Position{3});
  expect_sums_of_a_scan();
}

TEST_F(PartitionStateTest, ASliceEndsWhenItsBytesAreTaken) {
  for (const char* user : {"a", "b", "c"}) click(user, 1);
  EXPECT_THAT(save(1, kAll), ::testing::ElementsAre("a"));
  EXPECT_TRUE(save(0, kAll).empty());
  EXPECT_THAT(save(kAll, kAll), ::testing::ElementsAre("b", "c"));
}

TEST_F(PartitionStateTest, ASliceOfSmallUsersEndsAtAUserForEach256Bytes) {
  reset(16 << 20);
  for (int i = 0; i < 300; ++i) click("u" + std::to_string(i), i);
  EXPECT_EQ(save(200 * 256, kAll).size(), 200U);
  EXPECT_EQ(save(6'400, kAll).size(), 64U);
  EXPECT_EQ(save(kAll, kAll).size(), 36U);
}

TEST_F(PartitionStateTest, WhileMemoryIsShortUsersAreSavedBeforeTheyAreDue) {
  reset(1);
  for (const char* user : {"a", "b", "c"}) click(user, 1);
  EXPECT_GT(state_->cache_bytes(), 1U);  // changed users stay, whatever the bound
  EXPECT_EQ(save(kAll, 0).size(), 3U);
  EXPECT_EQ(state_->cache_bytes(), 3 * stateful::HotUserCache<HotUser>::kPlaceBytes);
  click("a", 2);  // comes back from the store
  EXPECT_EQ((*state_->user(UserId("a")))->value().state().sequences[0].size(), 2U);
  save(kAll, kAll);
  expect_sums_of_a_scan();
}

TEST_F(PartitionStateTest, ASliceThatIsFullTakesNoMoreWhateverThePressure) {
  reset(1);
  for (int i = 0; i < 200; ++i) click("u" + std::to_string(i), i);
  EXPECT_TRUE(state_->is_crowded());
  EXPECT_EQ(state_->fill_slice(0, 10'000), 64U) << "a user for each 256 bytes, 64 at least";
  EXPECT_TRUE(state_->slice_is_full(10'000));
  EXPECT_EQ(state_->fill_slice(kAll, 10'000), 0U);
  EXPECT_EQ(save(10'000, kAll).size(), 64U);
  EXPECT_FALSE(state_->slice_is_full(10'000));
  EXPECT_EQ(save(1, kAll).size(), 1U);
  EXPECT_EQ(save(kAll, 0).size(), 135U);
  EXPECT_FALSE(state_->is_crowded());
  EXPECT_EQ(state_->fill_slice(0, kAll), 0U);
}

TEST_F(PartitionStateTest, AUserThatWasEvictedIsReadWhereItWasEncodedLast) {
  reset(1);  // who is not changed is evicted at once
  click("a", 1);
  save(kAll, kAll);
  click("a", 2);
  state_->fill_slice(1, kAll);
  EXPECT_EQ(clicks_of("a"), 2U);  // in the slice; the store has one
  click("a", 3);
  state_->fill_slice(1, kAll);
  EXPECT_EQ(clicks_of("a"), 3U);
  const auto batch = state_->take_slice();
  EXPECT_EQ(batch->users.size(), 1U);
  EXPECT_EQ(clicks_of("a"), 3U);  // on its way
  click("a", 4);
  state_->fill_slice(1, kAll);
  EXPECT_EQ(clicks_of("a"), 4U);  // in the next slice
  land(batch);
  EXPECT_EQ(clicks_of("a"), 4U);
  save(0, 0);
  EXPECT_EQ(clicks_of("a"), 4U);
  expect_sums_of_a_scan();
}

TEST_F(PartitionStateTest, AUserThatIsEncodedAndChangesAgainIsChangedFromThatRecordOn) {
  click("a", 1);
  click("b", 2);
  EXPECT_EQ(state_->fill_slice(1, kAll), 1U);
  EXPECT_EQ(state_->applied_from(Position{2}), Position{1});
  click("a", 3);
  EXPECT_EQ(state_->fill_slice(1, kAll), 1U);
  EXPECT_EQ(state_->applied_from(Position{3}), Position{2});
  EXPECT_THAT(save(0, 0), ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(state_->changed_count(), 1U);
  EXPECT_THAT(save(kAll, kAll), ::testing::ElementsAre("a"));
  expect_sums_of_a_scan();
}

TEST_F(PartitionStateTest, AUserThatIsEncodedTwiceForOneCommitStandsInItOnceWithItsLastValue) {
  click("a", 1);
  state_->fill_slice(kAll, kAll);
  click("a", 2);
  EXPECT_THAT(save(kAll, kAll), ::testing::ElementsAre("a"));
  reset(1 << 20);
  EXPECT_EQ(clicks_of("a"), 2U);
}

TEST_F(PartitionStateTest, AStepEndsWhenItsBytesAreTakenWhateverThePressure) {
  reset(1);
  for (int i = 0; i < 200; ++i) click("u" + std::to_string(i), i);
  EXPECT_EQ(state_->fill_slice(kAll, kAll, 1), 1U);
  EXPECT_EQ(state_->fill_slice(0, kAll, 16'384), 64U);
  EXPECT_EQ(save(kAll, 0).size(), 200U);
}

TEST_F(PartitionStateTest, CollectionSeesWhatIsOnItsWayAndNotWhatTheStoreHasOfIt) {
  reset(1);
  click("a", 1);
  click("b", 1);
  save(kAll, kAll);
  state_->advance_stream_time(EventTime{test::kBaseMs + 102});
  ASSERT_TRUE(state_->collect(1, kAll, Offset{9}));  // "a"
  state_->fill_slice(1, kAll);
  click("b", 102);
  state_->fill_slice(1, kAll);
  const auto batch = state_->take_slice();
  EXPECT_EQ(batch->users.size(), 2U);
  ASSERT_TRUE(state_->collect(9, kAll, Offset{9}));  // to the end
  ASSERT_TRUE(state_->collect(9, kAll, Offset{9}));
  EXPECT_EQ(state_->changed_count(), 1U) << "the older click of b is invisible now";
  state_->fill_slice(kAll, kAll);
  EXPECT_EQ(clicks_of("a"), 0U);
  EXPECT_EQ(clicks_of("b"), 1U);
  land(batch);
  EXPECT_THAT(save(kAll, kAll), ::testing::ElementsAre("b"));
  expect_sums_of_a_scan();
}

TEST_F(PartitionStateTest, CollectionPassesAllUsersInTurn) {
  for (const char* user : {"a", "b", "c"}) click(user, 1);
  save(kAll, kAll);
  reset(1 << 20);
  state_->advance_stream_time(EventTime{test::kBaseMs + 102});
  for (std::size_t changed = 1; changed <= 3; ++changed) {
    ASSERT_TRUE(state_->collect(1, kAll, Offset{9}));
    EXPECT_EQ(state_->changed_count(), changed);
  }
  ASSERT_TRUE(state_->collect(1, kAll, Offset{9}));  // the end
  EXPECT_THAT(save(kAll, kAll), ::testing::ElementsAre("-a", "-b", "-c"));
  ASSERT_TRUE(state_->collect(10, kAll, Offset{9}));  // begins anew, on nothing
  EXPECT_EQ(state_->changed_count(), 0U);
}

TEST_F(PartitionStateTest, CollectionEndsOnceItHasLookedAtItsBytes) {
  for (const char* user : {"a", "b", "c", "d"}) click(user, 1);
  save(kAll, kAll);
  const std::size_t each = (*store_.read_user(Partition{0}, UserId("a")))->size();
  const auto looked_at = [&](std::size_t users_max, std::size_t bytes_max) {
    const auto seen = state_->collect(users_max, bytes_max, Offset{9});
    EXPECT_TRUE(seen);
    EXPECT_EQ(seen->bytes, seen->users * each);
    return seen->users;
  };
  EXPECT_EQ(looked_at(kAll, 1), 1U);  // one user, whatever its size
  EXPECT_EQ(looked_at(kAll, each + 1), 2U);
  EXPECT_FALSE(state_->sweep_is_over());
  EXPECT_EQ(looked_at(kAll, each + 1), 1U);
  EXPECT_TRUE(state_->sweep_is_over());
  EXPECT_EQ(looked_at(3, kAll), 3U);
}

TEST_F(PartitionStateTest, CollectionPoolsNobodyAnewWhoHasNothingToCollect) {
  click("a", 1);
  click("b", 50);
  save(kAll, kAll);
  const ServedModels next{test::serve(test::random_model(test::small_model(config_)), config_)};
  state_->serve(next);
  state_->advance_stream_time(EventTime{test::kBaseMs + 102});
  const auto serial_of = [&](PartitionState::User* user) { return user->value().view(0).serial(); };
  PartitionState::User* a = *state_->user(UserId("a"));
  PartitionState::User* b = *state_->user(UserId("b"));
  EXPECT_EQ(serial_of(b), next[0]->serial) << "a use pools anew";
  const ServedModels third{test::serve(test::random_model(test::small_model(config_)), config_)};
  state_->serve(third);
  ASSERT_TRUE(state_->collect(10, kAll, Offset{9}));
  EXPECT_EQ(serial_of(a), third[0]->serial);
  EXPECT_EQ(serial_of(b), next[0]->serial);
}

TEST_F(PartitionStateTest, CollectionLeavesVisibleClicksAlone) {
  click("a", 1);
  click("a", 50);
  click("b", 50);
  save(kAll, kAll);
  state_->advance_stream_time(EventTime{test::kBaseMs + 150});
  ASSERT_TRUE(state_->collect(10, kAll, Offset{9}));
  EXPECT_THAT(save(kAll, kAll), ::testing::ElementsAre("a"));
  EXPECT_EQ((*state_->user(UserId("a")))->value().state().sequences[0].size(), 1U);
  EXPECT_EQ((*state_->user(UserId("b")))->value().state().sequences[0].size(), 1U);
  expect_sums_of_a_scan();
}

TEST_F(PartitionStateTest, WhatALaterOwnerMayHaveWrittenIsNotRead) {
  click("a", 1);
  static_cast<void>(store_.take_ownership(Partition{0}));
  EXPECT_TRUE(state_->user(UserId("a")));  // its own memory still is what it was
  const Result<PartitionState::User*> read = state_->user(UserId("b"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kFenced);
  const auto collected = state_->collect(10, kAll, Offset{9});
  ASSERT_FALSE(collected);
  EXPECT_EQ(collected.error().code, ErrorCode::kFenced);
}

TEST_F(PartitionStateTest, WithoutAStreamTimeNothingIsCollected) {
  ASSERT_TRUE(state_->collect(10, kAll, Offset{0}));
  EXPECT_EQ(state_->changed_count(), 0U);
}

TEST_F(PartitionStateTest, TheStreamTimeNeverGoesBack) {
  state_->advance_stream_time(EventTime{7});
  state_->advance_stream_time(EventTime{5});
  EXPECT_EQ(state_->stream_time(), EventTime{7});
}

TEST_F(PartitionStateTest, DamagedBytesAreNamedByPartitionAndUser) {
  stateful::CheckpointBatch batch;
  batch.owner = owner_;
  batch.users.push_back({UserId("a"), "damaged"});
  ASSERT_TRUE(store_.apply(batch));
  const auto user = state_->user(UserId("a"));
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().code, ErrorCode::kCorruptState);
  EXPECT_THAT(user.error().message, HasSubstr("partition 0, user \"a\": "));
  state_->advance_stream_time(EventTime{test::kBaseMs});
  const auto collected = state_->collect(10, kAll, Offset{0});
  ASSERT_FALSE(collected);
  EXPECT_EQ(collected.error().code, ErrorCode::kCorruptState);
  EXPECT_THAT(collected.error().message, HasSubstr("partition 0, user \"a\": "));
}

TEST_F(PartitionStateTest, AfterASwapUsersArePooledAnewWithoutBeingUsed) {
  for (int i = 0; i < 100; ++i) click("u" + std::to_string(i), i);
  EXPECT_FALSE(state_->repool()) << "nothing was swapped";
  scorer::ModelInitOptions wide = test::small_model(config_);
  wide.embedding_dim = 40;
  const ServedModels next{test::serve(test::random_model(wide), config_)};
  const std::size_t before = state_->cache_bytes();
  state_->serve(next);
  EXPECT_EQ(state_->cache_bytes(), before);
  int steps = 1;
  while (state_->repool()) ++steps;
  EXPECT_GT(steps, 2);
  const std::size_t pooled = state_->cache_bytes();
  EXPECT_GT(pooled, before);
  for (int i = 0; i < 100; ++i) {
    const UserId id("u" + std::to_string(i));
    PartitionState::User* hot = *state_->user(id);
    EXPECT_EQ(hot->value().view(0).serial(), next[0]->serial);
    EXPECT_EQ(hot->value().view(0).summed(0), 1U);
    state_->release(hot);
  }
  EXPECT_EQ(state_->cache_bytes(), pooled) << "a use found nothing left to do";
}

TEST_F(PartitionStateTest, ASwapDuringARoundBeginsItAnew) {
  for (int i = 0; i < 100; ++i) click("u" + std::to_string(i), i);
  const ServedModels second{test::serve(test::random_model(test::small_model(config_)), config_)};
  const ServedModels third{test::serve(test::random_model(test::small_model(config_)), config_)};
  state_->serve(second);
  EXPECT_TRUE(state_->repool());
  state_->serve(third);
  for (int i = 100; i < 400; ++i) {  // users come meanwhile
    models_ = third;
    click("u" + std::to_string(i), i);
    if (i % 100 == 0) state_->repool();
  }
  while (state_->repool()) continue;
  const std::size_t pooled = state_->cache_bytes();
  for (int i = 0; i < 400; ++i) {
    state_->release(*state_->user(UserId("u" + std::to_string(i))));
  }
  EXPECT_EQ(state_->cache_bytes(), pooled);
}

}  // namespace freshet::pipeline::partition_state_test
