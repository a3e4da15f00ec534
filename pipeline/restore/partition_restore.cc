#include "pipeline/restore/partition_restore.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/crash_point.h"
#include "pipeline/log/log.h"

namespace freshet::pipeline {
namespace {

// The marker is the last record of its transaction: behind it lie a control record and what was
// aborted since. So the search looks at the last offsets first, and further back if need be.
constexpr std::int64_t kFirstWindow = 64;
constexpr std::int64_t kWindowGrowth = 16;
constexpr std::int64_t kLookAgainMs = 20;
constexpr std::int64_t kUsualWaitMs = 2'000;  // a longer one is told

constexpr std::size_t kBatchBytesMax = std::size_t{2} << 20;

// The way out where the changelog itself is not to be relied on.
constexpr const char* kMadeAgain =
    "to make the state again from the input, as far back as it reaches: stop the application's "
    "workers, delete the topic, start once with changelog: off, then with changelog: on";

std::string text(Position position) { return std::to_string(position.value); }

}  // namespace

PartitionRestore::PartitionRestore(RestoreRequest request, stateful::StateStore* store,
                                   const Clock* clock, const RestoreLimits& limits)
    : request_(std::move(request)),
      store_(store),
      clock_(clock),
      limits_(limits),
      stored_(request_.stored),
      window_(kFirstWindow) {}

tl::unexpected<Error> PartitionRestore::refuse(const std::string& what) const {
  return error(ErrorCode::kInvalidConfig,
               "partition " + std::to_string(request_.partition.value) + ": " + what);
}

tl::unexpected<Error> PartitionRestore::taken_over() const {
  return error(ErrorCode::kFenced, "partition " + std::to_string(request_.partition.value) +
                                       ": its state has a new owner; this restore stops");
}

Result<bool> PartitionRestore::step(ChangelogReader* reader) {
  Status done;
  if (phase_ == Phase::kWait && clock_->monotonic_ms() >= look_again_ms_) phase_ = Phase::kAsk;
  if (phase_ == Phase::kAsk) done = ask(reader);
  if (done && phase_ == Phase::kSearch && reader->position(request_.partition) >= range_.end) {
    done = conclude_search(reader);
  }
  if (done && phase_ == Phase::kRead) {
    if (reached_) {
      done = finish();
    } else if (reader->position(request_.partition) > position_after(last_marker_->offset)) {
      phase_ = Phase::kAsk;  // the marker has gone meanwhile: there must be another one
    } else if (batch_.size() >= limits_.batch_users_max || batch_bytes_ >= kBatchBytesMax) {
      done = write_batch();
    }
  }
  if (!done && done.error().code == ErrorCode::kCorruptState && !from_nothing_) {
    done = start_again(done.error().message);
  }
  if (!done) return tl::unexpected(done.error());
  if (phase_ != Phase::kOver) return false;
  reader->stop(request_.partition);
  return true;
}

Status PartitionRestore::ask(ChangelogReader* reader) {
  asked_ms_ = clock_->monotonic_ms();
  const Result<PositionRange> range = reader->range(request_.partition);
  if (!range) return tl::unexpected(range.error());
  range_ = *range;
  last_marker_.reset();
  search_from_ = std::max(range_.begin, Position{range_.end.value - window_});
  if (Status started = reader->start_at(request_.partition, search_from_); !started) return started;
  phase_ = Phase::kSearch;
  return {};
}

Status PartitionRestore::conclude_search(ChangelogReader* reader) {
  if (last_marker_ || search_from_ <= range_.begin) return decide(reader);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kWindowGrowth;
  window_ = std::min(window_, kMost) * kWindowGrowth;
  phase_ = Phase::kAsk;
  return {};
}

Status PartitionRestore::decide(ChangelogReader* reader) {
  if (!request_.committed) {
    if (last_marker_) {
      return refuse(
          "the changelog holds a checkpoint, but the group has no committed position: the "
          "input topic was deleted, which takes them along, or they were lost or reset by hand; "
          "choose another application_id to start anew");
    }
    phase_ = Phase::kOver;
    return {};
  }
  if (!last_marker_) return wait_for_marker(reader);
  const stateful::Marker& last = last_marker_->marker;
  if (last.lineage != request_.committed->lineage) {
    return refuse("the changelog holds another history of this partition (lineage " +
                  last.lineage.hex() + ", the group's is " + request_.committed->lineage.hex() +
                  "); choose another application_id, or put topic and positions back");
  }
  if (last.number < request_.committed->number) return wait_for_marker(reader);
  if (last.number > request_.committed->number) {
    return refuse("the group's position is older than the changelog (marker " +
                  std::to_string(request_.committed->number) + ", the changelog's is " +
                  std::to_string(last.number) +
                  "); the positions were reset by hand: put them back, or choose another "
                  "application_id");
  }
  return begin_read(reader);
}

// The partitions of one transaction become visible one after another, moments apart.
Status PartitionRestore::wait_for_marker(ChangelogReader* reader) {
  const std::int64_t now = clock_->monotonic_ms();
  if (!wait_until_ms_) wait_until_ms_ = now + limits_.marker_wait.value;
  // A process that stood still since has looked at what was there before.
  if (asked_ms_ >= *wait_until_ms_) {
    const std::string found =
        last_marker_ ? "ends with marker " + std::to_string(last_marker_->marker.number)
                     : "holds no marker";
    if (request_.without_changelog) return do_without_the_committed_marker(reader);
    return refuse("the group's position was committed with marker " +
                  std::to_string(request_.committed->number) + ", but the changelog " + found +
                  ": its end was lost; set changelog: off to go on from the state that is here, "
                  "or choose another application_id to start anew");
  }
  if (!told_to_wait_ && *wait_until_ms_ - now <= limits_.marker_wait.value - kUsualWaitMs) {
    told_to_wait_ = true;
    log_info("partition " + std::to_string(request_.partition.value) + ": marker " +
             std::to_string(request_.committed->number) +
             " is not in the changelog yet; waiting for it, " +
             std::to_string((*wait_until_ms_ - now) / 1'000) + " s at the most");
  }
  look_again_ms_ = now + kLookAgainMs;
  phase_ = Phase::kWait;
  return {};
}

// The last worker ran with changelog: off. The state is a function of the input, so what the
// changelog has of it is brought up to date by reading the input, as far back as that marker says.
Status PartitionRestore::do_without_the_committed_marker(ChangelogReader* reader) {
  const WithoutChangelog& without = *request_.without_changelog;
  const std::string what = "the position was committed with changelog: off, and ";
  if (last_marker_) {
    const stateful::Marker& last = last_marker_->marker;
    if (without.begin <= last.applied_from) return begin_read(reader);
    return refuse(what + "the changelog ends with marker " + std::to_string(last.number) +
                  ", behind which the input is needed from position " + text(last.applied_from) +
                  "; it begins at " + text(without.begin) +
                  ": set changelog: off again, or delete the changelog's topic while no worker "
                  "of the application uses it, so that the input alone is asked");
  }
  if (!without.input_covered) {
    return refuse(what + "retention does not cover the state: the input begins at offset " +
                  text(without.begin) +
                  ", and clicks before that may still be visible; set changelog: off again until "
                  "retention is longer than age_max, or choose another application_id");
  }
  log_info("partition " + std::to_string(request_.partition.value) +
           ": was without a changelog until now; it is made again from the input, which fills one");
  if (stored_) {
    if (Status aside = set_aside(); !aside) return aside;
    stored_.reset();
  }
  phase_ = Phase::kOver;
  return {};
}

Result<bool> PartitionRestore::must_begin_from_nothing(ChangelogReader* reader,
                                                       std::string* why) const {
  const stateful::Marker& last = last_marker_->marker;
  if (stored_->marker.lineage != last.lineage) {
    *why = "it holds another history of the partition";
  } else if (!stored_->changelog_position || stored_->marker.number > last.number) {
    *why = "it was made without a changelog";
  } else if (*stored_->changelog_position < range_.begin) {
    *why = "the changelog begins at " + text(range_.begin) + ", behind " +
           text(*stored_->changelog_position) + ", which it would be read from";
  } else if (*stored_->changelog_position > position_after(last_marker_->offset)) {
    *why = "it would be read on from " + text(*stored_->changelog_position) +
           " of the changelog, which ends at " + text(position_after(last_marker_->offset)) +
           ": the topic was made anew";
  } else if (!stored_->restored && stored_->marker.number == last.number) {
    *why = "its digest is not that of the changelog's marker with the same number";
  } else {
    const Result<DurationMs> kept = reader->tombstones_kept();
    if (!kept) return tl::unexpected<Error>(kept.error());
    // A topic may keep them for the greatest number of milliseconds that there is.
    if (clock_->now().ms - stored_->commit_time.ms < kept->value) return false;
    *why = "it is so old that the changelog may have dropped tombstones since";
  }
  return true;
}

Status PartitionRestore::begin_read(ChangelogReader* reader) {
  const stateful::Marker& last = last_marker_->marker;
  const bool same_history = stored_ && stored_->marker.lineage == last.lineage;
  if (same_history && stored_->marker.number > last.number && !request_.without_changelog) {
    return refuse("changelog_behind_store: the state is at marker " +
                  std::to_string(stored_->marker.number) + ", the changelog ends with " +
                  std::to_string(last.number) +
                  ": the topic has lost its end; choose another application_id, or put it back");
  }
  if (same_history && !stored_->restored && stored_->marker.number == last.number &&
      stored_->marker.digest == last.digest && stored_->marker.user_count == last.user_count) {
    phase_ = Phase::kOver;
    return {};
  }
  std::string why;
  if (stored_) {
    const Result<bool> must = must_begin_from_nothing(reader, &why);
    if (!must) return tl::unexpected<Error>(must.error());
    if (*must) {
      if (Status begun = start_from_nothing(why); !begun) return begun;
    }
  } else if (Status begun = start_from_nothing(why); !begun) {
    return begun;
  }
  batch_.clear();
  batch_bytes_ = 0;
  batch_end_ = *stored_->changelog_position;
  if (Status started = reader->start_at(request_.partition, batch_end_); !started) return started;
  phase_ = Phase::kRead;
  return {};
}

Status PartitionRestore::start_from_nothing(const std::string& why) {
  const std::string name = "partition " + std::to_string(request_.partition.value);
  if (stored_) {
    log_warn(name + ": the state here cannot be brought up to date, " + why +
             "; it is set aside, and the partition is restored from the changelog");
    if (Status aside = set_aside(); !aside) return aside;
  }
  from_nothing_ = true;
  stateful::StoredMarker empty;
  empty.marker.lineage = last_marker_->marker.lineage;
  empty.changelog_position = range_.begin;
  empty.commit_time = clock_->now();
  empty.restored = stateful::RestoredSoFar{};
  stored_ = std::move(empty);
  return {};
}

Status PartitionRestore::set_aside() {
  const auto aside = store_->set_aside(request_.partition, request_.owner);
  if (!aside) return tl::unexpected(aside.error());
  if (*aside == stateful::ApplyOutcome::kStaleOwner) return taken_over();
  return {};
}

Status PartitionRestore::take(const InputRecord& record) {
  FRESHET_CHECK(record.partition == request_.partition);
  if (record.key && record.key->empty()) {
    if (phase_ == Phase::kSearch) take_marker(record);
    if (phase_ == Phase::kRead && record.offset == last_marker_->offset) reached_ = true;
  } else if (phase_ == Phase::kRead && !reached_) {
    if (!record.key || !is_valid_id(*record.key)) {
      return refuse("the changelog's record at offset " + std::to_string(record.offset.value) +
                    " has no user id as its key: another program writes to the topic; " +
                    kMadeAgain);
    }
    std::optional<std::string> value;
    if (record.value) value = std::string(*record.value);
    batch_bytes_ += record.key->size() + (value ? value->size() : 0);
    batch_.insert_or_assign(UserId(*record.key), std::move(value));
  }
  if (phase_ == Phase::kRead && record.offset <= last_marker_->offset) {
    batch_end_ = position_after(record.offset);
    ++records_;
  }
  return {};
}

// What is no marker of ours is passed over: the group's position says whether one is missing.
void PartitionRestore::take_marker(const InputRecord& record) {
  Result<stateful::Marker> marker = record.value
                                        ? stateful::decode_marker(*record.value)
                                        : error(ErrorCode::kCorruptState, "it was deleted");
  if (marker) {
    last_marker_ = FoundMarker{std::move(*marker), record.offset};
  } else {
    log_warn("partition " + std::to_string(request_.partition.value) +
             ": the changelog's marker at offset " + std::to_string(record.offset.value) +
             " cannot be read, " + marker.error().message +
             ": another program writes to the topic; it is passed over");
  }
}

// Damage in what this very restore has written is the next start's to set aside.
tl::unexpected<Error> PartitionRestore::unread(const Error& failure) const {
  if (failure.code != ErrorCode::kCorruptState || !from_nothing_) return tl::unexpected(failure);
  return error(ErrorCode::kFenced, failure.message + "; the restore starts over");
}

Status PartitionRestore::write_batch() {
  const stateful::Marker& base = stored_->marker;
  stateful::RestoredSoFar sum =
      stored_->restored.value_or(stateful::RestoredSoFar{base.digest, base.user_count});
  stateful::CheckpointBatch batch;
  batch.partition = request_.partition;
  batch.owner = request_.owner;
  for (const auto& [user, value] : batch_) {
    const auto before = store_->read_user(request_.partition, user);
    if (!before) return unread(before.error());
    if (*before) {
      sum.digest -= stateful::digest_of_user(user, **before);
      --sum.user_count;
    }
    if (value) {
      sum.digest += stateful::digest_of_user(user, *value);
      ++sum.user_count;
    }
    batch.users.push_back({user, value});
  }
  const stateful::Marker& last = last_marker_->marker;
  if (reached_ && (sum.digest != last.digest || sum.user_count != last.user_count)) {
    // What a later owner has written meanwhile proves nothing.
    if (!store_->is_owner(request_.partition, request_.owner)) return taken_over();
    const std::string what = "the digest of " + std::to_string(sum.user_count) +
                             " restored users is not that of the changelog's marker, of " +
                             std::to_string(last.user_count);
    if (!from_nothing_) return error(ErrorCode::kCorruptState, what);
    return refuse(what + ": another program has written to the topic, or records of it are gone; " +
                  kMadeAgain);
  }
  batch.marker = *stored_;
  batch.marker.changelog_position = batch_end_;
  batch.marker.restored = sum;
  if (reached_) {
    batch.marker.marker = last;
    batch.marker.commit_time = clock_->now();
    batch.marker.restored.reset();
  }
  crash_point("in_restore");
  const Result<stateful::ApplyOutcome> applied = store_->apply(batch);
  if (!applied) return tl::unexpected(applied.error());
  if (*applied == stateful::ApplyOutcome::kStaleOwner) return taken_over();
  stored_ = std::move(batch.marker);
  batch_.clear();
  batch_bytes_ = 0;
  return {};
}

Status PartitionRestore::finish() {
  Status written = write_batch();
  if (written) phase_ = Phase::kOver;
  return written;
}

Status PartitionRestore::start_again(const std::string& why) {
  if (Status begun = start_from_nothing(why); !begun) return begun;
  reached_ = false;
  phase_ = Phase::kAsk;
  return {};
}

RestoreProgress PartitionRestore::progress() const {
  RestoreProgress progress{request_.partition, records_, 0};
  if (phase_ == Phase::kRead) {
    progress.remaining =
        static_cast<std::uint64_t>(last_marker_->offset.value + 1 - batch_end_.value);
  }
  return progress;
}

}  // namespace freshet::pipeline
