#include "tests/support/memory_group.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace freshet::test {

using pipeline::CommittedPosition;
using pipeline::PartitionCommit;

MemoryGroup::Member* MemoryGroup::find(MemberId member) {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const Member& m) { return m.id == member; });
  return found == members_.end() ? nullptr : &*found;
}

bool MemoryGroup::is_taken(const std::string& instance, MemberId member) const {
  return !instance.empty() && std::any_of(members_.begin(), members_.end(), [&](const Member& m) {
    return m.instance == instance && m.id != member;
  });
}

void MemoryGroup::join(MemberId id, const std::string& instance) {
  const auto place = std::find_if(members_.begin(), members_.end(), [&](const Member& m) {
    return !instance.empty() && m.instance == instance;
  });
  if (place != members_.end()) {
    place->id = id;
    place->rejoined = false;
    place->told = false;
    return;
  }
  Member member;
  member.id = id;
  member.instance = instance;
  members_.push_back(std::move(member));
  prepare_rebalance();
}

void MemoryGroup::leave(MemberId member) {
  std::erase_if(members_, [&](const Member& m) { return m.id == member; });
  prepare_rebalance();
}

void MemoryGroup::rejoin(MemberId member) {
  Member* const self = find(member);
  FRESHET_CHECK(self != nullptr && preparing_);
  self->rejoined = true;
  complete_if_all_rejoined();
}

void MemoryGroup::prepare_rebalance() {
  // Members that have rejoined already wait for the same next generation.
  if (!preparing_) {
    for (Member& member : members_) member.rejoined = false;
  }
  preparing_ = true;
  complete_if_all_rejoined();
}

void MemoryGroup::complete_if_all_rejoined() {
  const bool all =
      std::all_of(members_.begin(), members_.end(), [](const Member& m) { return m.rejoined; });
  if (!all) return;
  preparing_ = false;
  ++generation_;
  const auto partitions = static_cast<std::size_t>(partition_count_);
  const std::size_t members = members_.size();
  std::int32_t next = 0;
  for (std::size_t i = 0; i < members; ++i) {
    Member& member = members_[i];
    member.partitions.clear();
    member.told = false;
    const std::size_t share = partitions / members + (i < partitions % members ? 1 : 0);
    for (std::size_t j = 0; j < share; ++j) member.partitions.push_back(Partition{next++});
  }
}

Status MemoryGroup::check(const GroupMetadata& as) const {
  const bool is_member = std::any_of(members_.begin(), members_.end(),
                                     [&](const Member& m) { return m.id == as.member; });
  if (is_member && as.generation == generation_) return {};
  return error(ErrorCode::kFenced,
               "group " + name_ + ": " +
                   (is_member ? "generation " + std::to_string(as.generation) + " is over"
                              : "the member is unknown or its place was taken"));
}

Status MemoryGroup::commit(const GroupMetadata& as, std::span<const PartitionCommit> positions) {
  if (Status current = check(as); !current) return current;
  for (const PartitionCommit& entry : positions) committed_[entry.partition] = entry.committed;
  return {};
}

Status MemoryGroup::commit(const GroupMetadata& as, std::span<const PartitionCommit> positions,
                           ProducerId producer) {
  if (as.generation >= 0) {
    if (Status current = check(as); !current) return current;
  }
  for (const PartitionCommit& entry : positions) {
    pending_[producer][entry.partition] = entry.committed;
  }
  return {};
}

void MemoryGroup::end_transaction(ProducerId producer, TransactionEnd end) {
  const auto found = pending_.find(producer);
  if (found == pending_.end()) return;  // its offsets were refused
  if (end == TransactionEnd::kCommit) {
    for (auto& [partition, position] : found->second) committed_[partition] = std::move(position);
  }
  pending_.erase(found);
}

std::optional<CommittedPosition> MemoryGroup::committed(Partition partition) const {
  const auto found = committed_.find(partition);
  if (found == committed_.end()) return std::nullopt;
  return found->second;
}

void MemoryGroup::expire_positions() {
  FRESHET_CHECK(members_.empty());
  committed_.clear();
}

void MemoryGroup::reset_position(Partition partition, const CommittedPosition& position) {
  FRESHET_CHECK(members_.empty());
  committed_[partition] = position;
}

bool MemoryGroup::is_undecided(Partition partition) const {
  return std::any_of(pending_.begin(), pending_.end(),
                     [&](const auto& entry) { return entry.second.contains(partition); });
}

}  // namespace freshet::test
