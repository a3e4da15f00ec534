// FlakyStore: a store whose device refuses, or is damaged, for as many calls as a test says.
//
// Errors:  kUnavailable and kCorruptState as asked for, and those of the inner store
// Threads: one
#pragma once

#include <optional>
#include <string>

#include "tests/support/forwarding_store.h"

namespace freshet::test {

class FlakyStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  Result<std::optional<std::string>> read_user(Partition partition, const UserId& id) override {
    if (reads_to_fail-- > 0) return error(ErrorCode::kUnavailable, "reading fails");
    if (reads_damaged-- > 0) return error(ErrorCode::kCorruptState, "the user is damaged");
    return ForwardingStore::read_user(partition, id);
  }
  Result<stateful::ApplyOutcome> apply(const stateful::CheckpointBatch& batch) override {
    if (writes_to_fail-- > 0) return error(ErrorCode::kUnavailable, "the disk is full");
    return ForwardingStore::apply(batch);
  }
  Result<stateful::ApplyOutcome> set_aside(Partition partition,
                                           stateful::OwnerToken owner) override {
    if (asides_to_fail-- > 0) return error(ErrorCode::kUnavailable, "the disk is full");
    return ForwardingStore::set_aside(partition, owner);
  }

  int reads_to_fail = 0;
  int reads_damaged = 0;  // behind those
  int writes_to_fail = 0;
  int asides_to_fail = 0;
};

}  // namespace freshet::test
