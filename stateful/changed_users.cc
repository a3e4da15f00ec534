#include "stateful/changed_users.h"

#include <algorithm>

#include "common/check.h"

namespace freshet::stateful {

bool ChangedUsers::note(const UserId& user, Offset offset) {
  if (!members_.insert(user).second) return false;
  FRESHET_CHECK(queue_.empty() || queue_.back().first_change <= offset);
  queue_.push_back({user, offset});
  ++entered_;
  return true;
}

std::optional<ChangedUsers::Oldest> ChangedUsers::oldest() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.front();
}

void ChangedUsers::pop_oldest() {
  FRESHET_CHECK(!queue_.empty());
  members_.erase(queue_.front().user);
  queue_.pop_front();
}

Position ChangedUsers::applied_from(Position position) const {
  if (queue_.empty()) return position;
  return std::min(position, Position{queue_.front().first_change.value});
}

bool ChangedUsers::contains(const UserId& user) const { return members_.contains(user); }

void ChangedUsers::clear() {
  queue_.clear();
  members_.clear();
}

}  // namespace freshet::stateful
