// Slice: the changed users that one commit saves, each once, with the values that the store will
// have of them.
//
// It is filled a few users at a time. Then a commit takes its batch, which is on its way until the
// store has it. As long as a user stands here, what the store has of it is older.
// Errors:  none
// Threads: one; once nothing is added any more, others may read the batch beside it
// Cost:    O(1) for each call
// Oracle:  a map (tests/unit/pipeline/slice_test.cc)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/flat_index.h"
#include "common/ids.h"
#include "stateful/state_store.h"

namespace freshet::pipeline {

class Slice {
 public:
  // Takes the place of what stands here of the user.
  void add(stateful::UserChange change);
  // Null where the user is not here. Holds until the next add().
  const stateful::UserChange* find(const UserId& user) const;

  std::size_t size() const { return batch_->users.size(); }
  std::size_t bytes() const { return bytes_; }  // of ids and values
  // The users, and nothing beside them yet.
  const std::shared_ptr<stateful::CheckpointBatch>& batch() const { return batch_; }

 private:
  auto id_of() const {
    return [this](std::uint32_t place) { return batch_->users[place].user.view(); };
  }

  std::shared_ptr<stateful::CheckpointBatch> batch_ = std::make_shared<stateful::CheckpointBatch>();
  FlatIndex<std::uint32_t> places_;  // in batch_->users
  std::size_t bytes_ = 0;
};

}  // namespace freshet::pipeline
