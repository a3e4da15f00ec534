// ForwardingStore: a store that asks another; what a test wants otherwise it overrides.
//
// Errors:  those of the inner store
// Threads: those of the inner store
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stateful/state_store.h"

namespace freshet::test {

class ForwardingStore : public stateful::StateStore {
 public:
  // The inner store outlives it.
  explicit ForwardingStore(stateful::StateStore* inner) : inner_(inner) {}

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
    return inner_->read_user(partition, id);
  }
  Result<stateful::ApplyOutcome> apply(const stateful::CheckpointBatch& batch) override {
    return inner_->apply(batch);
  }
  Result<stateful::ApplyOutcome> set_aside(Partition partition,
                                           stateful::OwnerToken owner) override {
    return inner_->set_aside(partition, owner);
  }
  Result<std::vector<stateful::Aside>> asides() override { return inner_->asides(); }
  Status scan(Partition partition, const std::optional<UserId>& after,
              const Visit& visit) override {
    return inner_->scan(partition, after, visit);
  }
  Result<std::vector<Partition>> partitions() override { return inner_->partitions(); }

 private:
  stateful::StateStore* inner_;
};

}  // namespace freshet::test
