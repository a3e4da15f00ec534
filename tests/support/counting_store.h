// CountingStore: a store that notes how much each scan passed and each batch brought.
//
// Errors:  those of the inner store
// Threads: one
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "tests/support/forwarding_store.h"

namespace freshet::test {

class CountingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  struct Count {
    std::size_t users = 0;
    std::size_t bytes = 0;  // of their values, and in a batch of their ids
  };

  Result<stateful::ApplyOutcome> apply(const stateful::CheckpointBatch& batch) override {
    markers.push_back(batch.marker.marker);
    Count& count = batches.emplace_back();
    count.users = batch.users.size();
    for (const stateful::UserChange& change : batch.users) {
      count.bytes += change.user.view().size() + (change.value ? change.value->size() : 0);
    }
    return ForwardingStore::apply(batch);
  }
  Status scan(Partition partition, const std::optional<UserId>& after,
              const Visit& visit) override {
    Count& count = scans.emplace_back();
    return ForwardingStore::scan(partition, after,
                                 [&](std::string_view user, std::string_view value) {
                                   ++count.users;
                                   count.bytes += value.size();
                                   return visit(user, value);
                                 });
  }

  std::vector<Count> scans;               // each one ever, in order
  std::vector<Count> batches;             // likewise
  std::vector<stateful::Marker> markers;  // of the batches
};

}  // namespace freshet::test
