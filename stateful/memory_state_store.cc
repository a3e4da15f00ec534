#include "stateful/memory_state_store.h"

#include <algorithm>
#include <utility>

namespace freshet::stateful {

OwnerToken MemoryStateStore::take_ownership(Partition partition) {
  const std::lock_guard lock(mutex_);
  OwnerToken& owner = partitions_[partition].owner;
  ++owner.value;
  return owner;
}

bool MemoryStateStore::is_owner(Partition partition, OwnerToken owner) {
  const std::lock_guard lock(mutex_);
  return partitions_[partition].owner == owner;
}

Result<std::optional<StoredMarker>> MemoryStateStore::read_marker(Partition partition) {
  const std::lock_guard lock(mutex_);
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return std::nullopt;
  return found->second.marker;
}

Result<std::optional<std::string>> MemoryStateStore::read_user(Partition partition,
                                                               const UserId& user) {
  const std::lock_guard lock(mutex_);
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return std::nullopt;
  const auto value = found->second.users->find(user);
  if (value == found->second.users->end()) return std::nullopt;
  return value->second;
}

Result<ApplyOutcome> MemoryStateStore::apply(const CheckpointBatch& batch) {
  const std::lock_guard lock(mutex_);
  PartitionState& state = partitions_[batch.partition];
  if (state.owner == OwnerToken{} || state.owner != batch.owner) return ApplyOutcome::kStaleOwner;
  if (state.users.use_count() > 1) state.users = std::make_shared<Users>(*state.users);
  for (const UserChange& change : batch.users) {
    if (change.value) {
      state.users->insert_or_assign(change.user, *change.value);
    } else {
      state.users->erase(change.user);
    }
  }
  state.marker = batch.marker;
  return ApplyOutcome::kApplied;
}

Result<ApplyOutcome> MemoryStateStore::set_aside(Partition partition, OwnerToken owner) {
  const std::lock_guard lock(mutex_);
  PartitionState& state = partitions_[partition];
  if (state.owner == OwnerToken{} || state.owner != owner) return ApplyOutcome::kStaleOwner;
  if (!state.marker && state.users->empty()) return ApplyOutcome::kApplied;
  std::uint32_t slot = 0;
  for (const KeptState& kept : asides_) {
    if (kept.aside.partition == partition) ++slot;
  }
  asides_.push_back({{partition, slot, state.marker}, state.users});
  state.marker.reset();
  state.users = std::make_shared<Users>();
  return ApplyOutcome::kApplied;
}

Result<std::vector<Aside>> MemoryStateStore::asides() {
  const std::lock_guard lock(mutex_);
  std::vector<Aside> asides;
  for (const KeptState& kept : asides_) asides.push_back(kept.aside);
  std::sort(asides.begin(), asides.end(), [](const Aside& a, const Aside& b) {
    return std::pair(a.partition, a.slot) < std::pair(b.partition, b.slot);
  });
  return asides;
}

Status MemoryStateStore::scan(Partition partition, const std::optional<UserId>& after,
                              const Visit& visit) {
  std::shared_ptr<const Users> snapshot;
  {
    const std::lock_guard lock(mutex_);
    const auto found = partitions_.find(partition);
    if (found == partitions_.end()) return {};
    snapshot = found->second.users;
  }
  auto next = after ? snapshot->upper_bound(*after) : snapshot->begin();
  while (next != snapshot->end() && visit(next->first.view(), next->second)) ++next;
  // Given back under the lock, so that apply() may trust the count that it sees there.
  const std::lock_guard lock(mutex_);
  snapshot.reset();
  return {};
}

Result<std::vector<Partition>> MemoryStateStore::partitions() {
  const std::lock_guard lock(mutex_);
  std::vector<Partition> with_marker;
  for (const auto& [partition, state] : partitions_) {
    if (state.marker) with_marker.push_back(partition);
  }
  return with_marker;
}

}  // namespace freshet::stateful
