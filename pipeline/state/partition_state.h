// PartitionState: the users of one partition, hot in memory and cold in the store.
//
//   changed --fill_slice--> in the slice --take_slice--> on its way --landed--> in the store
//
// Owns:    the hot-user cache with its changed users; users that were encoded and are not in the
//          store yet; stream time T, the running stored digest. Every read of a user goes through
//          it, so a user is never in two states at once: one that is hot is read there, else one
//          that is in the slice or on its way, there, and only else in the store.
// Errors:  kCorruptState naming partition and user when stored bytes fail their check, and what the
//          store says, and kFenced where a read may have seen a later owner's batches; after an
//          error the whole object must be dropped (Task::close_dirty)
// Threads: one task
// Cost:    a hot user O(1); a cold one a store read and a rebuild
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/log_position.h"
#include "common/status.h"
#include "common/time.h"
#include "pipeline/events/event.h"
#include "pipeline/scoring/hot_user.h"
#include "pipeline/scoring/served_model.h"
#include "pipeline/state/slice.h"
#include "stateful/hot_user_cache.h"
#include "stateful/state_store.h"

namespace freshet::pipeline {

class PartitionState {
 public:
  // A user in the cache.
  using User = stateful::HotUserCache<HotUser>::Entry;

  // `marker` is the store's, none for a partition that starts from nothing; it was read under
  // `owner`.
  PartitionState(stateful::StateStore* store, Partition partition, stateful::OwnerToken owner,
                 ServedModels models, std::vector<stateful::BehaviourLimits> limits,
                 const std::optional<stateful::StoredMarker>& marker, std::size_t cache_bytes);

  // The user, from the cache or the store, with views of the models; empty where neither has it.
  // Valid until the next call.
  Result<User*> user(const UserId& user);

  // What a step of look_ahead.h leaves for the next one.
  struct NextUser {
    std::uint32_t user_hash = 0;
    std::uint32_t item_hash = 0;
    std::optional<std::uint32_t> place;  // where the cache has the user, if it has
  };
  // A step of look_ahead.h.
  void look_ahead(const Event& event, LookAhead what, NextUser* user) const;

  // What is held of the user, a copy; none where neither has it. Loads nothing into the cache.
  Result<std::optional<stateful::UserState>> peek(const UserId& user);

  // From now on users have views of these models; one that is hot is pooled anew when it is used.
  void serve(ServedModels models);
  // Pools users anew that were not used since serve(), a few of them; false where none is left. Not
  // observable in any output.
  bool repool();

  // Notes that the record at `offset` changed the user; release() tells what it holds then.
  void note_change(User* user, Offset offset);

  // Tells the cache that the user has been used and may have grown; evicts what is over the bound.
  void release(User* user);

  void advance_stream_time(EventTime ts);
  std::optional<EventTime> stream_time() const { return stream_time_; }

  // How much of the store a call of collect() has looked at.
  struct LookedAt {
    std::size_t users = 0;
    std::size_t bytes = 0;  // of their values
  };
  // The next users of the store's order, without their invisible clicks: at most `users_max`, and
  // no further one once their values have `bytes_max`; one at least. A user that loses some becomes
  // changed, as by a record at `offset`, the next one's: what collection does needs no reading
  // again. Not observable in any output.
  Result<LookedAt> collect(std::size_t users_max, std::size_t bytes_max, Offset offset);
  // Whether collect() stands at the beginning of the order, as behind a whole sweep.
  bool sweep_is_over() const { return !collected_to_; }

  // Encodes `users_due` changed users, longest-changed first, into the slice, and counts them as
  // saved in digest and user count; while changed users crowd the cache, more than are due. It ends
  // once the slice is full, and after `step_bytes`, or a user for each 256 of them (64 at least).
  // Returns how many it encoded.
  std::size_t fill_slice(std::size_t users_due, std::size_t bytes_max,
                         std::size_t step_bytes = std::numeric_limits<std::size_t>::max());
  bool slice_is_empty() const { return slice_.size() == 0; }
  // Whether it holds `bytes_max`, or a user for each 256 of them (64 at least): with its last user
  // it may hold more.
  bool slice_is_full(std::size_t bytes_max) const;
  // The slice as a batch that the caller completes; the next one begins. Requires: the batch before
  // has landed.
  std::shared_ptr<stateful::CheckpointBatch> take_slice();
  // The batch of the last take_slice() is in the store.
  void landed() { on_its_way_.reset(); }

  // How much sooner than by the interval users have to be saved, as changed users cannot be
  // evicted: 0 while they fill half of the cache at most, 1 where they fill three quarters.
  double save_pressure() const;
  // Whether they fill more than these: who goes on applying records has to save some first.
  bool is_crowded() const { return cache_.changed_bytes() > cache_.bytes_max() / 4 * 3; }

  // The lowest position from which some user has an unsaved change; `position` if none has.
  Position applied_from(Position position) const;

  stateful::Digest digest() const { return digest_; }
  std::uint64_t user_count() const { return user_count_; }
  std::size_t changed_count() const { return cache_.changed_count(); }
  std::uint64_t changed_total() const { return cache_.changes_begun(); }  // ever, each time anew
  std::size_t cache_bytes() const { return cache_.bytes(); }
  // Ids and values of the slice and of the batch on its way.
  std::size_t encoded_bytes() const {
    return slice_.bytes() + (on_its_way_ ? on_its_way_->bytes() : 0);
  }
  std::uint64_t misses() const { return misses_; }  // calls of user() that the cache did not serve
  const std::vector<stateful::BehaviourLimits>& limits() const { return limits_; }

 private:
  // What is encoded of the user and not in the store yet; null where that is nothing.
  const stateful::UserChange* pending(const UserId& user) const;
  // The user's value as the store has it or will have it, if it is this owner's.
  Result<std::optional<std::string>> read(const UserId& user);
  Status check_owner() const;
  // decode_user_state, whose error then names the partition and the user.
  Result<stateful::UserState> decode(const UserId& user, std::string_view value) const;
  // Puts a user into the cache that is not there, with the value that its state was decoded of.
  User* enter(const UserId& user, stateful::UserState state, std::optional<std::string_view> value);
  std::size_t encode(User* user);  // into the slice; returns its bytes
  Status collect_user(std::string_view user, std::string_view value, Offset offset);

  stateful::StateStore* store_;
  Partition partition_;
  stateful::OwnerToken owner_;
  ServedModels models_;
  std::vector<stateful::BehaviourLimits> limits_;
  stateful::HotUserCache<HotUser> cache_;
  Slice slice_;                      // of the next commit
  std::optional<Slice> on_its_way_;  // of the last one
  std::optional<EventTime> stream_time_;
  stateful::Digest digest_;
  std::uint64_t user_count_ = 0;
  std::uint64_t misses_ = 0;
  std::optional<std::size_t> repooled_to_;  // where the round of repool() stands; none: it is over
  std::optional<UserId> collected_to_;      // where the sweep of the store's order stands
  Windows windows_;                         // buffer
};

}  // namespace freshet::pipeline
