#include "pipeline/restore/partition_restore.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/log.h"
#include "pipeline/restore/restorer.h"
#include "stateful/memory_state_store.h"
#include "tests/support/flaky_store.h"
#include "tests/support/pipeline_fixture.h"

namespace freshet::pipeline::partition_restore_test {
namespace {

using stateful::Marker;
using stateful::StoredMarker;

constexpr Partition kPartition{3};
constexpr std::int64_t kDayMs = 24 * 3'600'000;

// One partition of a changelog, as a test wants it: offsets may be left out.
struct Changelog {
  std::map<std::int64_t, std::pair<std::string, std::optional<std::string>>> records;
  Position begin;
  Position end;
  std::function<void()> on_asked;  // while the answer to range() is on its way; may be none

  void append(std::string key, std::optional<std::string> value) {
    records.emplace(end.value++, std::pair(std::move(key), std::move(value)));
  }
  // Keeps the last record of each key alone, as compaction does.
  void compact() {
    for (auto one = records.begin(); one != records.end();) {
      const bool again = std::any_of(std::next(one), records.end(), [&](const auto& later) {
        return later.second.first == one->second.first;
      });
      one = again ? records.erase(one) : std::next(one);
    }
  }
};

class ChangelogReaderOnMap final : public ChangelogReader {
 public:
  explicit ChangelogReaderOnMap(const Changelog* log) : log_(log) {}

  Result<PositionRange> range(Partition) override {
    const PositionRange range{log_->begin, log_->end};
    if (log_->on_asked) log_->on_asked();
    return range;
  }
  Status start_at(Partition, Position position) override {
    EXPECT_GE(position, log_->begin);
    next_ = position;
    return {};
  }
  void stop(Partition) override {}
  Result<RecordBatch> poll(std::chrono::milliseconds, std::size_t records_max) override {
    RecordBatch batch;
    auto record = log_->records.lower_bound(next_.value);
    for (; record != log_->records.end() && batch.records.size() < records_max; ++record) {
      batch.records.push_back({kPartition, Offset{record->first}, std::nullopt,
                               record->second.first, record->second.second});
      next_ = position_after(Offset{record->first});
    }
    if (record == log_->records.end()) next_ = std::max(next_, log_->end);
    return batch;
  }
  Position position(Partition) const override { return next_; }

 private:
  const Changelog* log_;
  Position next_;
};

// The user's value in the changelog; any bytes will do, as a restore does not look into them.
std::string value_of(int version) { return "sequences " + std::to_string(version); }

class PartitionRestoreTest : public testing::Test {
 protected:
  PartitionRestoreTest() {
    log_init("off", LogFormat::kText);
    lineage_.bytes[0] = 9;
  }

  // A commit: what a worker does to the changelog and, unless it crashes, to its store.
  void commit(const std::vector<std::pair<std::string, std::optional<std::string>>>& users,
              bool crashes = false) {
    stateful::CheckpointBatch batch;
    batch.partition = kPartition;
    batch.owner = owner_;
    for (const auto& [user, value] : users) {
      const auto before = users_.find(user);
      if (before != users_.end()) {
        digest_ -= stateful::digest_of_user(UserId(user), before->second);
        users_.erase(before);
      }
      if (value) {
        digest_ += stateful::digest_of_user(UserId(user), *value);
        users_.emplace(user, *value);
      }
      batch.users.push_back({UserId(user), value});
      changelog_.append(user, value);
    }
    Marker marker;
    marker.lineage = lineage_;
    marker.number = next_number_++;
    marker.position = Position{static_cast<std::int64_t>(10 * next_number_)};
    marker.digest = digest_;
    marker.user_count = users_.size();
    marker.fingerprint = "a=b\n";
    changelog_.append("", stateful::encode_marker(marker));
    ++changelog_.end.value;  // the control record
    batch.marker = {marker, Position{changelog_.end.value - 1}, clock_.now(), std::nullopt};
    if (!crashes) {
      EXPECT_TRUE(store_.apply(batch));
    }
  }

  // A worker starts: with another's store, or its own.
  Result<std::optional<StoredMarker>> restore(std::optional<MarkerRef> committed) {
    owner_ = store_.take_ownership(kPartition);
    const auto stored = store_.read_marker(kPartition);
    Restorer restorer({&flaky_,
                       &clock_,
                       [this]() -> Result<std::unique_ptr<ChangelogReader>> {
                         return std::make_unique<ChangelogReaderOnMap>(&changelog_);
                       },
                       {}});
    restorer.start({kPartition, owner_, committed, *stored});
    while (true) {
      std::vector<RestoreOutcome> ended = restorer.take_ended();
      if (!ended.empty()) return std::move(ended.front().stored);
      if (while_waiting_) while_waiting_();
      clock_.advance(10);
    }
  }
  MarkerRef last() const { return {lineage_, next_number_ - 1}; }

  void expect_store_equals_changelog() {
    std::map<std::string, std::string> there;
    ASSERT_TRUE(store_.scan(kPartition, std::nullopt, [&](std::string_view user, auto value) {
      there.emplace(user, value);
      return true;
    }));
    EXPECT_EQ(there, users_);
    const auto stored = store_.read_marker(kPartition);
    ASSERT_TRUE(stored && *stored);
    EXPECT_EQ((*stored)->marker.number, next_number_ - 1);
    EXPECT_EQ((*stored)->marker.digest, digest_);
    EXPECT_FALSE((*stored)->restored);
  }

  stateful::LineageId lineage_;
  stateful::MemoryStateStore store_;
  test::FlakyStore flaky_{&store_};
  stateful::OwnerToken owner_ = store_.take_ownership(kPartition);
  test::ManualClock clock_;
  Changelog changelog_;
  std::map<std::string, std::string> users_;
  stateful::Digest digest_;
  std::uint64_t next_number_ = 0;
  std::function<void()> while_waiting_;
};

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
  EXPECT_EQ(restored.error().code, ErrorCode::kCorruptState);

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
