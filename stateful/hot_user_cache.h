// HotUserCache: the least-recently-used cache of hot users, bounded in bytes.
//
// Value is what a task keeps hot of a user. Users with unsaved changes must not be evicted: they
// are pinned until their checkpoint; pinned bytes count against the bound all the same, so
// the owner learns from pinned_bytes() when it has to save sooner.
// Errors: none. Threads: one. Cost: O(1) for each call, O(evicted) for evict.
// Oracle: a plain map with time stamps (tests/unit/stateful/hot_user_cache_test.cc)
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

#include "common/check.h"
#include "common/ids.h"

namespace freshet::stateful {

template <class Value>
class HotUserCache {
 public:
  explicit HotUserCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // The user's value, now the most recently used, or null. Valid until the next evict or erase.
  Value* find(const UserId& user);

  // Adds a user that is not there. `bytes` is what the value holds, itself included.
  Value* insert(const UserId& user, Value value, std::size_t bytes);

  // Tells the cache what the value holds now.
  void set_bytes(const UserId& user, std::size_t bytes);
  void pin(const UserId& user);
  void unpin(const UserId& user);

  // Removes least recently used users that are not pinned until bytes() <= bytes_max.
  // Returns how many were removed.
  std::size_t evict();
  void set_bytes_max(std::size_t bytes_max) { bytes_max_ = bytes_max; }

  std::size_t bytes() const { return bytes_; }
  std::size_t pinned_bytes() const { return pinned_bytes_; }
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes_max() const { return bytes_max_; }

 private:
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t pinned_bytes_ = 0;
  std::unordered_map<UserId, int> entries_;
};

}  // namespace freshet::stateful
