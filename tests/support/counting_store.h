// CountingStore: a store that notes how much each scan passed and each batch brought.
//
// Errors:  those of the inner store
// Threads: one
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stateful/state_store.h"

namespace freshet::test {

class CountingStore final : public stateful::StateStore {
 public:
  struct Count {
    std::size_t users = 0;
    std::size_t bytes = 0;  // of their values, and in a batch of their ids
  };

  // The inner store outlives it.
  explicit CountingStore(stateful::StateStore* inner) : inner_(inner) {}

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
    markers.push_back(batch.marker.marker);
    Count& count = batches.emplace_back();
    count.users = batch.users.size();
    for (const stateful::UserChange& change : batch.users) {
      count.bytes += change.user.view().size() + (change.value ? change.value->size() : 0);
    }
    return inner_->apply(batch);
  }
  Result<stateful::ApplyOutcome> set_aside(Partition partition,
                                           stateful::OwnerToken owner) override {
    return inner_->set_aside(partition, owner);
  }
  Result<std::vector<stateful::Aside>> asides() override { return inner_->asides(); }
  Status scan(Partition partition, const std::optional<UserId>& after,
              const Visit& visit) override {
    Count& count = scans.emplace_back();
    return inner_->scan(partition, after, [&](std::string_view user, std::string_view value) {
      ++count.users;
      count.bytes += value.size();
      return visit(user, value);
    });
  }
  Result<std::vector<Partition>> partitions() override { return inner_->partitions(); }

  std::vector<Count> scans;               // each one ever, in order
  std::vector<Count> batches;             // likewise
  std::vector<stateful::Marker> markers;  // of the batches

 private:
  stateful::StateStore* inner_;
};

}  // namespace freshet::test
