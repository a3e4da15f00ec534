// FlakyStore: a store whose device refuses, or is damaged, for as many calls as a test says.
//
// Errors:  kUnavailable and kCorruptState as asked for, and those of the inner store
// Threads: one
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stateful/state_store.h"

namespace freshet::test {

class FlakyStore final : public stateful::StateStore {
 public:
  // The inner store outlives it.
  explicit FlakyStore(stateful::StateStore* inner) : inner_(inner) {}

  stateful::OwnerToken take_ownership(Partition partition) override {
    return inner_->take_ownership(partition);
  }
  bool is_owner(Partition partition, stateful::OwnerToken owner) override {
    return inner_->is_owner(partition, owner);
  }
  Result<std::optional<stateful::StoredMarker>> read_marker(Partition partition) override {
    return inner_->read_marker(partition);
  }
  Result<std::optional<std::string>> read_user(Partition partition, const UserId& id) override {
    if (reads_to_fail-- > 0) return error(ErrorCode::kUnavailable, "reading fails");
    if (reads_damaged-- > 0) return error(ErrorCode::kCorruptState, "the user is damaged");
    return inner_->read_user(partition, id);
  }
  Result<stateful::ApplyOutcome> apply(const stateful::CheckpointBatch& batch) override {
    if (writes_to_fail-- > 0) return error(ErrorCode::kUnavailable, "the disk is full");
    return inner_->apply(batch);
  }
  Result<stateful::ApplyOutcome> set_aside(Partition partition,
                                           stateful::OwnerToken owner) override {
    if (asides_to_fail-- > 0) return error(ErrorCode::kUnavailable, "the disk is full");
    return inner_->set_aside(partition, owner);
  }
  Result<std::vector<stateful::Aside>> asides() override { return inner_->asides(); }
  Status scan(Partition partition, const std::optional<UserId>& after,
              const Visit& visit) override {
    return inner_->scan(partition, after, visit);
  }
  Result<std::vector<Partition>> partitions() override { return inner_->partitions(); }

  int reads_to_fail = 0;
  int reads_damaged = 0;  // behind those
  int writes_to_fail = 0;
  int asides_to_fail = 0;

 private:
  stateful::StateStore* inner_;
};

}  // namespace freshet::test
