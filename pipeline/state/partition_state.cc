#include "pipeline/state/partition_state.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/json_text.h"
#include "stateful/stored_clicks.h"

namespace freshet::pipeline {
namespace {

// How many users a slice of so many bytes holds at most. A record of the changelog and an entry of
// the store take about the same time whatever they hold: without this bound a slice of users of one
// click each is ten times as slow as one of full sequences.
std::size_t slice_users_max(std::size_t bytes_max) {
  constexpr std::size_t kBytesOfUser = 256;
  constexpr std::size_t kLeast = 64;
  return std::max(kLeast, bytes_max / kBytesOfUser);
}

// So few that the clock can be asked between two steps.
constexpr std::size_t kRepoolStep = 16;

}  // namespace

PartitionState::PartitionState(stateful::StateStore* store, Partition partition,
                               stateful::OwnerToken owner, ServedModels models,
                               std::vector<stateful::BehaviourLimits> limits,
                               const std::optional<stateful::StoredMarker>& marker,
                               std::size_t cache_bytes)
    : store_(store),
      partition_(partition),
      owner_(owner),
      models_(std::move(models)),
      limits_(std::move(limits)),
      cache_(cache_bytes) {
  if (!marker) return;
  stream_time_ = marker->marker.stream_time;
  digest_ = marker->marker.digest;
  user_count_ = marker->marker.user_count;
}

Result<stateful::UserState> PartitionState::decode(const UserId& user,
                                                   std::string_view value) const {
  Result<stateful::UserState> state = stateful::decode_user_state(limits_, value);
  if (state) return state;
  return error(state.error().code, "partition " + std::to_string(partition_.value) + ", user " +
                                       json_string(user.view()) + ": " + state.error().message);
}

Status PartitionState::check_owner() const {
  if (store_->is_owner(partition_, owner_)) return {};
  return error(ErrorCode::kFenced, "partition " + std::to_string(partition_.value) +
                                       ": its state has a new owner; this task stops");
}

const stateful::UserChange* PartitionState::pending(const UserId& user) const {
  if (const stateful::UserChange* change = slice_.find(user)) return change;
  return on_its_way_ ? on_its_way_->find(user) : nullptr;
}

Result<std::optional<std::string>> PartitionState::read(const UserId& user) {
  if (const stateful::UserChange* change = pending(user)) return change->value;
  Result<std::optional<std::string>> value = store_->read_user(partition_, user);
  if (Status owned = check_owner(); value && !owned) return tl::unexpected(owned.error());
  return value;
}

Result<PartitionState::User*> PartitionState::user(const UserId& user) {
  if (User* hot = cache_.find(user)) {
    hot->value().touch(models_);
    return hot;
  }
  Result<std::optional<std::string>> value = read(user);
  if (!value) return tl::unexpected(value.error());
  ++misses_;
  if (!*value) return enter(user, stateful::UserState(limits_), std::nullopt);
  Result<stateful::UserState> state = decode(user, **value);
  if (!state) return tl::unexpected(state.error());
  return enter(user, std::move(*state), **value);
}

PartitionState::User* PartitionState::enter(const UserId& user, stateful::UserState state,
                                            std::optional<std::string_view> value) {
  std::optional<stateful::Digest> saved;
  if (value) saved = stateful::digest_of_user(user, *value);
  HotUser hot(models_, std::move(state), saved);
  const std::size_t bytes = hot.bytes();
  return cache_.insert(user, std::move(hot), bytes);
}

void PartitionState::look_ahead(const Event& event, LookAhead what, NextUser* user) const {
  if (what == LookAhead::kEvent) {
    user->user_hash = cache_.hash_of(event.user);
    cache_.prefetch_index(user->user_hash);
    if (event.item) user->item_hash = scorer::Model::hash_of(*event.item);
  } else if (what == LookAhead::kUser) {
    user->place = cache_.prefetch_user(user->user_hash);
  } else {
    if (!user->place) return;
    if (const HotUser* hot = cache_.at_place(*user->place)) hot->look_ahead(what, models_);
    return;
  }
  if (!event.item) return;
  for (const auto& model : models_) model->look_ahead(user->item_hash, what);
}

Result<std::optional<stateful::UserState>> PartitionState::peek(const UserId& user) {
  if (const User* hot = cache_.find(user)) return hot->value().state();
  Result<std::optional<std::string>> value = read(user);
  if (!value) return tl::unexpected(value.error());
  if (!*value) return std::nullopt;
  Result<stateful::UserState> decoded = decode(user, **value);
  if (!decoded) return tl::unexpected(decoded.error());
  return std::move(*decoded);
}

void PartitionState::serve(ServedModels models) {
  models_ = std::move(models);
  repooled_to_ = 0;
}

bool PartitionState::repool() {
  if (!repooled_to_) return false;
  repooled_to_ = cache_.visit(*repooled_to_, kRepoolStep, [this](HotUser& user) {
    user.touch(models_);
    if (stream_time_) user.refresh(models_, limits_, *stream_time_, &windows_);
    return user.bytes();
  });
  cache_.evict();
  return repooled_to_.has_value();
}

void PartitionState::note_change(User* user, Offset offset) { cache_.note_change(user, offset); }

void PartitionState::release(User* user) {
  cache_.set_bytes(user, user->value().bytes());
  cache_.evict();
}

Position PartitionState::applied_from(Position position) const {
  const User* longest = cache_.longest_changed();
  if (longest == nullptr) return position;
  return std::min(position, Position{longest->first_change().value});
}

void PartitionState::advance_stream_time(EventTime ts) {
  if (!stream_time_ || ts > *stream_time_) stream_time_ = ts;
}

Status PartitionState::collect_user(std::string_view user_bytes, std::string_view value,
                                    Offset offset) {
  const UserId id(user_bytes);
  if (User* user = cache_.find(id)) {
    HotUser& hot = user->value();
    // Else a sweep behind a swap would pool everybody anew, many at a step.
    if (!stateful::has_invisible(limits_, *stream_time_, hot.state())) return {};
    hot.touch(models_);
    hot.refresh(models_, limits_, *stream_time_, &windows_);
    if (hot.collect(models_, limits_, *stream_time_) > 0) note_change(user, offset);
    release(user);
    return {};
  }
  if (const stateful::UserChange* newer = pending(id)) {
    if (!newer->value) return {};  // it is about to be deleted
    value = *newer->value;
  }
  // Most users have nothing to collect: they are neither decoded nor brought into the cache.
  if (!stateful::may_hold_invisible(limits_, value, *stream_time_)) return {};
  Result<stateful::UserState> state = decode(id, value);
  if (!state) return tl::unexpected(state.error());
  if (stateful::collect_invisible(limits_, *stream_time_, &*state) == 0) return {};
  User* user = enter(id, std::move(*state), value);
  note_change(user, offset);
  release(user);
  return {};
}

Result<PartitionState::LookedAt> PartitionState::collect(std::size_t users_max,
                                                         std::size_t bytes_max, Offset offset) {
  LookedAt looked_at;
  if (!stream_time_) return looked_at;
  std::vector<std::pair<std::string, std::string>> users;
  const auto is_enough = [&] { return users.size() >= users_max || looked_at.bytes >= bytes_max; };
  const Status scanned =
      store_->scan(partition_, collected_to_, [&](std::string_view user, std::string_view value) {
        users.emplace_back(user, value);
        looked_at.bytes += value.size();
        return !is_enough();
      });
  if (!scanned) return tl::unexpected(scanned.error());
  if (Status owned = check_owner(); !owned) return tl::unexpected(owned.error());
  for (const auto& [user, value] : users) {
    if (Status collected = collect_user(user, value, offset); !collected) {
      return tl::unexpected(collected.error());
    }
  }
  looked_at.users = users.size();
  if (is_enough()) {
    collected_to_ = UserId(std::move(users.back().first));
  } else {
    collected_to_.reset();  // the end: the next sweep begins anew
  }
  return looked_at;
}

double PartitionState::save_pressure() const {
  const double filled = static_cast<double>(cache_.changed_bytes()) /
                        static_cast<double>(std::max<std::size_t>(cache_.bytes_max(), 1));
  return std::clamp((filled - 0.5) / 0.25, 0.0, 1.0);
}

bool PartitionState::slice_is_full(std::size_t bytes_max) const {
  return slice_.bytes() >= bytes_max || slice_.size() >= slice_users_max(bytes_max);
}

std::size_t PartitionState::fill_slice(std::size_t users_due, std::size_t bytes_max,
                                       std::size_t step_bytes) {
  const std::size_t step_users = slice_users_max(step_bytes);
  std::size_t users = 0;
  std::size_t bytes = 0;
  while (users < step_users && bytes < step_bytes && !slice_is_full(bytes_max)) {
    User* longest = cache_.longest_changed();
    if (longest == nullptr || (users >= users_due && !is_crowded())) break;
    bytes += encode(longest);
    ++users;
  }
  cache_.evict();
  return users;
}

std::size_t PartitionState::encode(User* user) {
  HotUser& hot = user->value();
  stateful::UserChange change{user->user(), std::nullopt};
  std::size_t bytes = change.user.view().size();
  if (hot.saved) {
    digest_ -= *hot.saved;
    --user_count_;
    hot.saved.reset();
  }
  if (!hot.state().empty()) {
    change.value = stateful::encode_user_state(hot.state());
    hot.saved = stateful::digest_of_user(change.user, *change.value);
    digest_ += *hot.saved;
    ++user_count_;
    bytes += change.value->size();
  }
  cache_.saved(user);
  slice_.add(std::move(change));
  return bytes;
}

std::shared_ptr<stateful::CheckpointBatch> PartitionState::take_slice() {
  FRESHET_CHECK(!on_its_way_);
  on_its_way_ = std::exchange(slice_, Slice());
  return on_its_way_->batch();
}

}  // namespace freshet::pipeline
