// SimStore: the state directory of one simulated process.
//
// Keeps a MemoryStateStore's promises and a RocksDB's: what apply() acknowledged survives the
// process; a machine's crash takes a tail of the batches since the last sync, never one out of the
// middle. Two oracles stand here: `stored_digest`
// (after each batch the store holds what its marker says) and `store_not_ahead` (nothing at or past
// the group's committed position is in it).
//
// Errors:  kUnavailable and kCorruptState as the plan strikes; nothing is done then
// Threads: the fibers of its process
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "stateful/memory_state_store.h"
#include "tests/sim/env.h"

namespace freshet::sim {

class Process;

class SimStore final : public stateful::StateStore {
 public:
  // The process owns the store.
  SimStore(Env* env, Process* process);

  // What a machine's crash leaves.
  void lose_tail();
  // What it holds, past the simulation: for oracles.
  stateful::StateStore* content() { return content_.get(); }

  stateful::OwnerToken take_ownership(Partition partition) override;
  bool is_owner(Partition partition, stateful::OwnerToken owner) override {
    return content_->is_owner(partition, owner);
  }
  Result<std::optional<stateful::StoredMarker>> read_marker(Partition partition) override;
  Result<std::optional<std::string>> read_user(Partition partition, const UserId& user) override;
  Result<stateful::ApplyOutcome> apply(const stateful::CheckpointBatch& batch) override;
  Status scan(Partition partition, const std::optional<UserId>& after, const Visit& visit) override;
  Result<std::vector<Partition>> partitions() override;
  Result<stateful::ApplyOutcome> set_aside(Partition partition,
                                           stateful::OwnerToken owner) override;
  Result<std::vector<stateful::Aside>> asides() override { return content_->asides(); }

 private:
  // A batch, or a partition that was set aside.
  using Write = std::variant<stateful::CheckpointBatch, Partition>;

  Status before(Call call);
  void keep(Write write);
  void check_batch(const stateful::CheckpointBatch& batch);
  void check_not_ahead(const stateful::CheckpointBatch& batch);

  Env* env_;
  Process* process_;
  std::unique_ptr<stateful::MemoryStateStore> content_;
  std::vector<Write> writes_;  // since ever
  std::size_t synced_ = 0;     // of them
};

}  // namespace freshet::sim
