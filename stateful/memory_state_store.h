// MemoryStateStore: a StateStore in memory, for replay and tests. Nothing survives the process.
//
// Errors: none. Threads: any; one mutex guards it all.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "stateful/state_store.h"

namespace freshet::stateful {

class MemoryStateStore final : public StateStore {
 public:
  OwnerToken take_ownership(Partition partition) override;
  bool is_owner(Partition partition, OwnerToken owner) override;
  Result<std::optional<StoredMarker>> read_marker(Partition partition) override;
  Result<std::optional<std::string>> read_user(Partition partition, const UserId& user) override;
  Result<ApplyOutcome> apply(const CheckpointBatch& batch) override;
  Result<ApplyOutcome> set_aside(Partition partition, OwnerToken owner) override;
  Result<std::vector<Aside>> asides() override;
  Status scan(Partition partition, const std::optional<UserId>& after, const Visit& visit) override;
  Result<std::vector<Partition>> partitions() override;

 private:
  using Users = std::map<UserId, std::string>;
  struct PartitionState {
    OwnerToken owner;  // the default, 0, is nobody
    std::optional<StoredMarker> marker;
    // A scan holds on to the users that it began with; apply() then goes on with a copy.
    std::shared_ptr<Users> users = std::make_shared<Users>();
  };
  struct KeptState {
    Aside aside;
    std::shared_ptr<Users> users;
  };
  std::mutex mutex_;
  std::map<Partition, PartitionState> partitions_;
  std::vector<KeptState> asides_;
};

}  // namespace freshet::stateful
