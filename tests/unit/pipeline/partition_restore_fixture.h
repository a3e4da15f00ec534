// A partition of a changelog as a test wants it, a store beside it, and the restore between them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/log/log.h"
#include "pipeline/restore/restorer.h"
#include "stateful/memory_state_store.h"
#include "tests/support/flaky_store.h"
#include "tests/support/pipeline_fixture.h"

namespace freshet::pipeline::partition_restore_test {
using stateful::Marker;
using stateful::StoredMarker;

inline constexpr Partition kPartition{3};
inline constexpr std::int64_t kDayMs = 24 * 3'600'000;

// One partition of a changelog, as a test wants it: offsets may be left out.
struct Changelog {
  std::map<std::int64_t, std::pair<std::string, std::optional<std::string>>> records;
  Position begin;
  Position end;
  DurationMs tombstones_kept{7 * kDayMs};
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
  Result<DurationMs> tombstones_kept() override { return log_->tombstones_kept; }
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
inline std::string value_of(int version) { return "sequences " + std::to_string(version); }

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

}  // namespace freshet::pipeline::partition_restore_test
