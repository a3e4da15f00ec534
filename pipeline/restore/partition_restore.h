// PartitionRestore: brings the store of one partition to the marker that its group has committed.
//
//   search the changelog's last marker -> is it the committed one?  -- older --> wait, search again
//     -> read from the store's own changelog position to that marker, batch by batch
//     -> the digest of what is there = the marker's: over
//
// Where the committed marker is in no changelog (changelog: off until now), the wait ends with what
// there is: the last marker of the changelog, or none, and the rest is the input's to give.
//
// Users are taken in the order of the log, so what compaction has left out is overwritten by what
// it has kept; therefore only the last marker says that users and marker belong together, and until
// it is reached the store keeps the running digest (StoredMarker::restored) and can go on there.
//
// The store is read from nothing, what it held set aside, where it cannot be brought up to date:
// its history is another one, the changelog has been cleaned past its position, tombstones may be
// gone since its commit, or its digest does not come out right (once).
//
// Errors:  of step(): kUnavailable (call again), kFenced (the partition has a new owner),
//          kInvalidConfig with the remedy (positions, changelog and store do not belong together),
//          kCorruptState (what this restore wrote is damaged)
// Threads: one, which need not be the task's: the store drops its batches once the token is stale
// Memory:  one batch of users. Cost: a read and a write of the store for each record
// Oracle:  tests/unit/pipeline/partition_restore_test.cc; tests/sim
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/status.h"
#include "pipeline/restore/changelog_reader.h"
#include "pipeline/restore/restore_runner.h"
#include "stateful/state_store.h"

namespace freshet::pipeline {

struct RestoreLimits {
  // How long the committed marker may take to become visible. It does at once, unless an open
  // transaction of a worker that died lies before it: until the brokers have ended that one.
  DurationMs marker_wait{20'000};
  // How many users one batch of a restore holds.
  std::size_t batch_users_max = 2'000;
};

class PartitionRestore {
 public:
  // Store and clock outlive it.
  PartitionRestore(RestoreRequest request, stateful::StateStore* store, const Clock* clock,
                   const RestoreLimits& limits);

  // Does what is due: tells the reader where to read, writes a batch. True when it is over.
  Result<bool> step(ChangelogReader* reader);

  // The next record of the partition. Requires: the last step() neither failed nor ended it.
  Status take(const InputRecord& record);

  // What the store holds at the end: the committed marker; an earlier one, or none, where the input
  // gives the rest; none on a first start.
  const std::optional<stateful::StoredMarker>& restored() const { return stored_; }
  RestoreProgress progress() const;

 private:
  enum class Phase { kAsk, kSearch, kWait, kRead, kOver };
  struct FoundMarker {
    stateful::Marker marker;
    Offset offset;
  };

  Status ask(ChangelogReader* reader);
  Status conclude_search(ChangelogReader* reader);
  Status decide(ChangelogReader* reader);
  Status wait_for_marker(ChangelogReader* reader);
  Status do_without_the_committed_marker(ChangelogReader* reader);
  Status begin_read(ChangelogReader* reader);
  Result<bool> must_begin_from_nothing(ChangelogReader* reader, std::string* why) const;
  Status start_from_nothing(const std::string& why);
  Status set_aside();
  void take_marker(const InputRecord& record);
  Status write_batch();
  Status finish();
  Status start_again(const std::string& why);
  tl::unexpected<Error> unread(const Error& failure) const;
  tl::unexpected<Error> refuse(const std::string& what) const;
  tl::unexpected<Error> taken_over() const;

  RestoreRequest request_;
  stateful::StateStore* store_;
  const Clock* clock_;
  RestoreLimits limits_;
  std::optional<stateful::StoredMarker> stored_;

  Phase phase_ = Phase::kAsk;
  PositionRange range_;        // as asked last
  std::int64_t asked_ms_ = 0;  // and when
  std::int64_t window_;        // how far before the end the search begins
  Position search_from_;
  std::optional<FoundMarker> last_marker_;  // of the search
  std::optional<std::int64_t> wait_until_ms_;
  bool told_to_wait_ = false;
  std::int64_t look_again_ms_ = 0;

  // Of the read; users by id, each with its last value.
  std::map<UserId, std::optional<std::string>> batch_;
  std::size_t batch_bytes_ = 0;
  Position batch_end_;  // behind the last record that the batch holds
  bool reached_ = false;
  bool from_nothing_ = false;
  std::uint64_t records_ = 0;
};

}  // namespace freshet::pipeline
