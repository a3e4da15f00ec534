#include "tests/sim/sim_store.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "stateful/digest.h"
#include "tests/sim/process.h"

namespace freshet::sim {
namespace {

// How often a batch is followed by a sync of all before it (a memtable that is written out).
constexpr double kSyncChance = 0.2;
// How often a machine comes back with another disk.
constexpr double kLostDiskChance = 0.2;

}  // namespace

SimStore::SimStore(Env* env, Process* process)
    : env_(env), process_(process), content_(std::make_unique<stateful::MemoryStateStore>()) {}

void SimStore::lose_tail() {
  std::size_t kept = synced_ + env_->random.below(writes_.size() - synced_ + 1);
  if (env_->random.chance(kLostDiskChance)) {
    env_->counts.count(Fault::kLostDisk);
    kept = 0;
  }
  for (std::size_t i = kept; i < writes_.size(); ++i) env_->counts.count(Fault::kLostTail);
  writes_.resize(kept);
  synced_ = kept;
  content_ = std::make_unique<stateful::MemoryStateStore>();
  for (const Write& write : writes_) {
    if (const Partition* aside = std::get_if<Partition>(&write)) {
      const stateful::OwnerToken owner = content_->take_ownership(*aside);
      FRESHET_CHECK(content_->set_aside(*aside, owner).has_value());
    } else {
      stateful::CheckpointBatch batch = std::get<stateful::CheckpointBatch>(write);
      batch.owner = content_->take_ownership(batch.partition);
      FRESHET_CHECK(content_->apply(batch).has_value());
    }
  }
}

void SimStore::keep(Write write) {
  writes_.push_back(std::move(write));
  if (env_->random.chance(kSyncChance)) synced_ = writes_.size();
}

Status SimStore::before(Call call) {
  process_->at(call, Moment::kBefore);
  if (env_->strikes(Fault::kDiskFull)) {
    return error(ErrorCode::kUnavailable, "the simulated disk is full");
  }
  const bool reads = call == Call::kReadMarker || call == Call::kReadUser || call == Call::kScan;
  if (reads && env_->strikes(Fault::kDamage)) {
    process_->note("finds damage");
    return error(ErrorCode::kCorruptState, "the simulated disk is damaged");
  }
  return {};
}

stateful::OwnerToken SimStore::take_ownership(Partition partition) {
  return content_->take_ownership(partition);
}

Result<std::optional<stateful::StoredMarker>> SimStore::read_marker(Partition partition) {
  if (Status failed = before(Call::kReadMarker); !failed) return tl::unexpected(failed.error());
  return content_->read_marker(partition);
}

Result<std::optional<std::string>> SimStore::read_user(Partition partition, const UserId& user) {
  if (Status failed = before(Call::kReadUser); !failed) return tl::unexpected(failed.error());
  return content_->read_user(partition, user);
}

Result<stateful::ApplyOutcome> SimStore::apply(const stateful::CheckpointBatch& batch) {
  if (Status failed = before(Call::kApply); !failed) return tl::unexpected(failed.error());
  const Result<stateful::ApplyOutcome> outcome = content_->apply(batch);
  if (env_->trace.keeps_text()) {
    const stateful::Marker& marker = batch.marker.marker;
    process_->note("batch of " + std::to_string(batch.partition.value) + "-" +
                   std::to_string(marker.position.value) + ", marker " +
                   std::to_string(marker.number) + ", applied from " +
                   std::to_string(marker.applied_from.value) + ", " +
                   std::to_string(batch.users.size()) + " users" +
                   (batch.marker.restored ? ", restoring" : "") +
                   (*outcome == stateful::ApplyOutcome::kStaleOwner ? ": stale" : ""));
  }
  if (*outcome == stateful::ApplyOutcome::kStaleOwner) {
    env_->counts.count(Fault::kStaleBatch);
  } else {
    keep(batch);
    check_batch(batch);
  }
  process_->at(Call::kApply, Moment::kAfter);
  return outcome;
}

Status SimStore::scan(Partition partition, const std::optional<UserId>& after, const Visit& visit) {
  if (Status failed = before(Call::kScan); !failed) return failed;
  return content_->scan(partition, after, visit);
}

Result<std::vector<Partition>> SimStore::partitions() { return content_->partitions(); }

Result<stateful::ApplyOutcome> SimStore::set_aside(Partition partition,
                                                   stateful::OwnerToken owner) {
  if (Status failed = before(Call::kSetAside); !failed) return tl::unexpected(failed.error());
  const Result<stateful::ApplyOutcome> outcome = content_->set_aside(partition, owner);
  if (*outcome == stateful::ApplyOutcome::kStaleOwner) {
    env_->counts.count(Fault::kStaleBatch);
  } else {
    process_->note("sets the state of " + std::to_string(partition.value) + " aside");
    env_->counts.count(Fault::kSetAside);
    keep(partition);
  }
  process_->at(Call::kSetAside, Moment::kAfter);
  return outcome;
}

void SimStore::check_batch(const stateful::CheckpointBatch& batch) {
  check_not_ahead(batch);
  stateful::Digest digest;
  std::uint64_t users = 0;
  const Status scanned = content_->scan(batch.partition, std::nullopt,
                                        [&](std::string_view user, std::string_view value) {
                                          digest += stateful::digest_of_user(UserId(user), value);
                                          ++users;
                                          return true;
                                        });
  FRESHET_CHECK(scanned.has_value());
  const auto& [marker, changelog_position, commit_time, restored] = batch.marker;
  const stateful::Digest& said = restored ? restored->digest : marker.digest;
  const std::uint64_t said_users = restored ? restored->user_count : marker.user_count;
  if (digest != said || users != said_users) {
    env_->violate("stored_digest", "partition " + std::to_string(batch.partition.value) +
                                       ": the store of process " +
                                       std::to_string(process_->number()) + " holds " +
                                       std::to_string(users) + " users of digest " + digest.hex() +
                                       ", its marker " + std::to_string(marker.number) + " says " +
                                       std::to_string(said_users) + " of " + said.hex());
  }
}

// Nothing at or past the committed position is ever saved.
void SimStore::check_not_ahead(const stateful::CheckpointBatch& batch) {
  // A transaction that is decided may not have come to the group's positions yet.
  const std::vector<test::PendingMarker> pending = env_->broker.pending_markers();
  if (std::any_of(pending.begin(), pending.end(),
                  [](const test::PendingMarker& marker) { return !marker.group.empty(); })) {
    return;
  }
  const stateful::Marker& marker = batch.marker.marker;
  const auto committed =
      env_->broker.committed(process_->application().config.application_id, batch.partition);
  const std::string place = "partition " + std::to_string(batch.partition.value) +
                            ": the store of process " + std::to_string(process_->number()) +
                            " is at position " + std::to_string(marker.position.value) +
                            ", the group at ";
  if (!committed) {
    env_->violate("store_not_ahead", place + "none");
  } else if (committed->position < marker.position) {
    env_->violate("store_not_ahead", place + std::to_string(committed->position.value));
  }
}

}  // namespace freshet::sim
