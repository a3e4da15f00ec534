// ChangedUsers: users with unsaved changes, longest-changed first. Gives applied_from.
//
// A user enters with the offset of its first unsaved change and keeps that place until it is
// taken for a checkpoint slice. Errors: none. Threads: one. Cost: O(1) each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_set>

#include "common/ids.h"
#include "common/log_position.h"

namespace freshet::stateful {

class ChangedUsers {
 public:
  // Notes a change by the record at `offset`. Returns true when the user was unchanged before.
  // Requires: offsets do not go down.
  bool note(const UserId& user, Offset offset);

  // The longest-changed user and the offset of its first unsaved change.
  struct Oldest {
    UserId user;
    Offset first_change;
  };
  std::optional<Oldest> oldest() const;
  void pop_oldest();

  // The lowest position from which some user has an unsaved change; `position` if none has.
  Position applied_from(Position position) const;

  bool contains(const UserId& user) const;
  std::size_t size() const { return queue_.size(); }
  // How often a user that was unchanged became changed.
  std::uint64_t entered() const { return entered_; }
  void clear();

 private:
  std::deque<Oldest> queue_;
  std::unordered_set<UserId> members_;
  std::uint64_t entered_ = 0;
};

}  // namespace freshet::stateful
