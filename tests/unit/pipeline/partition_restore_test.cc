#include "pipeline/restore/partition_restore.h"

#include "tests/unit/pipeline/partition_restore_fixture.h"

namespace freshet::pipeline::partition_restore_test {
namespace {

TEST_F(PartitionRestoreTest, AFirstStartHasNothingToRestore) {
  const auto restored = restore(std::nullopt);
  ASSERT_TRUE(restored);
  EXPECT_FALSE(*restored);
}

TEST_F(PartitionRestoreTest, AStoreAtTheCommittedMarkerReadsNothing) {
  commit({});
  commit({{"a", value_of(1)}});
  changelog_.records.erase(changelog_.records.begin());  // it would miss this one
  const auto restored = restore(last());
  ASSERT_TRUE(restored && *restored);
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, AStoreThatIsBehindReadsTheTail) {
  commit({{"a", value_of(1)}, {"b", value_of(1)}});
  commit({{"a", value_of(2)}}, true);
  commit({{"b", std::nullopt}, {"c", value_of(1)}}, true);
  changelog_.records.erase(0);  // a record before the store's position is not needed
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, AnEmptyStoreReadsAll) {
  for (int i = 0; i < 5'000; ++i) {
    commit({{"u" + std::to_string(i % 700), value_of(i)}}, true);
    if (i % 3 == 0) commit({{"u" + std::to_string(i % 1'100), std::nullopt}}, true);
  }
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, ACompactedChangelogGivesTheSame) {
  for (int i = 0; i < 100; ++i) commit({{"u" + std::to_string(i % 7), value_of(i)}}, i > 20);
  changelog_.compact();
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, AMarkerFarBeforeTheEndIsFound) {
  commit({{"a", value_of(1)}}, true);
  changelog_.end.value += 100'000;  // aborted since
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, AMarkerThatIsNotVisibleYetIsWaitedFor) {
  commit({{"a", value_of(1)}}, true);
  const MarkerRef committed{lineage_, 1};
  while_waiting_ = [this] {
    if (clock_.monotonic_ms() > 500 && next_number_ == 1) commit({{"a", value_of(2)}}, true);
  };
  ASSERT_TRUE(restore(committed));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, AProcessThatStoodStillLooksOnceMoreForItsMarker) {
  commit({{"a", value_of(1)}}, true);
  int asked = 0;
  changelog_.on_asked = [&] {
    if (++asked == 2) clock_.advance(60'000);
  };
  while_waiting_ = [&] {
    if (asked == 2 && next_number_ == 1) commit({{"a", value_of(2)}}, true);
  };
  ASSERT_TRUE(restore(MarkerRef{lineage_, 1}));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, AMarkerThatNeverComesIsALossAndRefused) {
  commit({{"a", value_of(1)}});
  const auto restored = restore(MarkerRef{lineage_, 5});
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(restored.error().message.find("ends with marker 0"), std::string::npos);
}

TEST_F(PartitionRestoreTest, PositionsThatWereResetAreRefused) {
  commit({{"a", value_of(1)}});
  commit({{"a", value_of(2)}});
  const auto older = restore(MarkerRef{lineage_, 0});
  ASSERT_FALSE(older);
  EXPECT_NE(older.error().message.find("reset by hand"), std::string::npos);
  const auto none = restore(std::nullopt);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("no committed position"), std::string::npos);
  stateful::LineageId other;
  const auto foreign = restore(MarkerRef{other, 1});
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().message.find("another history"), std::string::npos);
}

TEST_F(PartitionRestoreTest, AStoreAheadOfItsChangelogIsRefused) {
  commit({{"a", value_of(1)}});
  const Changelog before = changelog_;
  commit({{"a", value_of(2)}});
  changelog_ = before;
  const auto restored = restore(MarkerRef{lineage_, 0});
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(restored.error().message.find("changelog_behind_store"), std::string::npos);
}

// Each of these stores misses something that only a restore from nothing brings back.
TEST_F(PartitionRestoreTest, AStoreOlderThanTheTombstonesIsReadFromNothing) {
  commit({{"a", value_of(1)}, {"b", value_of(1)}});
  commit({{"b", std::nullopt}}, true);
  changelog_.compact();
  std::erase_if(changelog_.records, [](const auto& r) { return !r.second.second; });
  clock_.advance(8 * kDayMs);
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

// A tombstone that is gone shows in the digest as well; here all are there, so the topic's setting
// alone decides whether the record before the store's position is needed.
TEST_F(PartitionRestoreTest, HowLongTombstonesAreKeptIsTheTopicsToSay) {
  commit({{"a", value_of(1)}});
  commit({{"b", value_of(1)}}, true);
  clock_.advance(2 * kDayMs);
  const Changelog all = changelog_;
  changelog_.records.erase(0);
  ASSERT_TRUE(restore(last()));  // read on from its position
  expect_store_equals_changelog();

  commit({{"c", value_of(1)}}, true);
  changelog_.records.insert(all.records.begin(), all.records.end());
  changelog_.tombstones_kept = DurationMs{kDayMs};
  clock_.advance(kDayMs);
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
  EXPECT_EQ(store_.asides().value().size(), 1U);  // read from nothing
}

TEST_F(PartitionRestoreTest, AnOldStoreThatMissedNothingStays) {
  commit({{"a", value_of(1)}});
  clock_.advance(8 * kDayMs);
  changelog_.records.erase(0);
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, AStoreBeforeTheChangelogsBeginIsReadFromNothing) {
  commit({{"a", value_of(1)}, {"gone", value_of(1)}});
  commit({{"gone", std::nullopt}}, true);
  commit({{"a", value_of(2)}}, true);
  changelog_.begin = Position{5};
  changelog_.records.erase(changelog_.records.begin(), changelog_.records.lower_bound(5));
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, AStoreOfAnotherHistoryIsReadFromNothing) {
  commit({{"old", value_of(1)}});
  lineage_.bytes[0] = 10;
  changelog_ = {};
  users_.clear();
  digest_ = {};
  commit({{"new", value_of(1)}}, true);
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, AStoreWithAnotherDigestIsReadFromNothing) {
  commit({{"a", value_of(1)}});
  commit({{"b", value_of(1)}}, true);
  digest_ += {1, 0};  // what the store has saved is not what the markers count
  commit({{"c", value_of(1)}}, true);
  const auto restored = restore(last());
  ASSERT_FALSE(restored);  // nor is what the changelog holds
  EXPECT_EQ(restored.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(restored.error().message.find("delete the topic"), std::string::npos);

  digest_ -= {1, 0};
  commit({{"c", value_of(2)}}, true);
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, ARestoreThatIsCutShortGoesOnWhereItWas) {
  for (int i = 0; i < 9'000; ++i) {
    changelog_.append("u" + std::to_string(i), value_of(i));
    users_.emplace("u" + std::to_string(i), value_of(i));
    digest_ += stateful::digest_of_user(UserId("u" + std::to_string(i)), value_of(i));
  }
  commit({}, true);
  {
    Restorer first({&store_,
                    &clock_,
                    [this]() -> Result<std::unique_ptr<ChangelogReader>> {
                      return std::make_unique<ChangelogReaderOnMap>(&changelog_);
                    },
                    {}});
    first.start({kPartition, owner_, last(), std::nullopt});
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(first.take_ended().empty());
  }
  const auto partial = store_.read_marker(kPartition);
  ASSERT_TRUE(partial && *partial && (*partial)->restored);
  EXPECT_GT((*partial)->restored->user_count, 0U);
  changelog_.records.erase(0);  // what has been read is not needed again
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
}

TEST_F(PartitionRestoreTest, AStoreThatIsFoundDamagedIsReadFromNothing) {
  commit({{"a", value_of(1)}, {"b", value_of(1)}});
  commit({{"a", value_of(2)}}, true);
  flaky_.reads_damaged = 1;
  ASSERT_TRUE(restore(last()));
  expect_store_equals_changelog();
  EXPECT_EQ(store_.asides().value().size(), 1U);
}

TEST_F(PartitionRestoreTest, DamageInWhatARestoreHasWrittenStartsItOver) {
  commit({{"a", value_of(1)}}, true);
  flaky_.reads_damaged = 1;
  const auto restored = restore(last());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kFenced);
}

TEST_F(PartitionRestoreTest, AStoreWithANewOwnerIsLeftAlone) {
  commit({{"a", value_of(1)}}, true);
  owner_ = store_.take_ownership(kPartition);
  Restorer restorer({&store_,
                     &clock_,
                     [this]() -> Result<std::unique_ptr<ChangelogReader>> {
                       return std::make_unique<ChangelogReaderOnMap>(&changelog_);
                     },
                     {}});
  restorer.start({kPartition, owner_, last(), std::nullopt});
  static_cast<void>(store_.take_ownership(kPartition));
  std::vector<RestoreOutcome> ended;
  while (ended.empty()) ended = restorer.take_ended();
  ASSERT_FALSE(ended.front().stored);
  EXPECT_EQ(ended.front().stored.error().code, ErrorCode::kFenced);
  EXPECT_FALSE(*store_.read_marker(kPartition));
}

TEST_F(PartitionRestoreTest, ARecordOfAnotherProgramIsRefused) {
  commit({{"a", value_of(1)}}, true);
  changelog_.append(std::string(200, 'x'), "?");
  commit({{"a", value_of(2)}}, true);
  const auto restored = restore(last());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kInvalidConfig);
}

}  // namespace
}  // namespace freshet::pipeline::partition_restore_test
