// HotUserCache: the least-recently-used cache of hot users, bounded in bytes.
//
// Value is what a task keeps hot of a user. Users with unsaved changes must not be evicted: they
// are pinned until their checkpoint; pinned bytes count against the bound all the same, so
// the owner learns from pinned_bytes() when it has to save sooner. find, insert and unpin are uses.
// Errors: none. Threads: one. Cost: O(1) for each call, O(evicted) for evict, O(count) for visit.
// Oracle: a plain map with time stamps (tests/unit/stateful/hot_user_cache_test.cc)
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <optional>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/flat_index.h"
#include "common/ids.h"
#include "common/prefetch.h"
#include "stateful/heap_bytes.h"

namespace freshet::stateful {

template <class Value>
class HotUserCache {
 public:
  explicit HotUserCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  HotUserCache(const HotUserCache&) = delete;
  HotUserCache& operator=(const HotUserCache&) = delete;

  // The user's value, now the most recently used, or null. Valid until the user is evicted.
  Value* find(const UserId& user) {
    const Place* found = by_user_.find(user.view(), id_of);
    if (found == nullptr) return nullptr;
    use(*found);
    last_ = *found;
    return &last_->value;
  }

  // Has the processor fetch what find() will read of the index, and, once that is there, the value.
  void prefetch_index(std::string_view user) const { by_user_.prefetch(user); }
  void prefetch_value(std::string_view user) const {
    if (const Place* place = by_user_.guess(user)) prefetch(&**place, sizeof(Entry));
  }
  // The user's value, or another's, or null. No use of the user; reads nothing but the index.
  const Value* guess(std::string_view user) const {
    const Place* place = by_user_.guess(user);
    return place == nullptr ? nullptr : &(*place)->value;
  }

  // Adds a user that is not there. `bytes` is what the value holds, itself included. Evicts
  // nothing.
  Value* insert(const UserId& user, Value value, std::size_t bytes) {
    recent_.push_front({user, std::move(value), 0, false});
    const auto entry = recent_.begin();
    FRESHET_CHECK(by_user_.insert(user.view(), entry, id_of));
    last_ = entry;
    account(*entry, bytes + overhead_bytes(user));
    return &entry->value;
  }

  // Tells the cache what the value holds now, itself included. Requires: the user is there.
  void set_bytes(const UserId& user, std::size_t bytes) {
    account(*entry_of(user), bytes + overhead_bytes(user));
  }

  // Keeps the user from being evicted until unpin. Requires: the user is there and not pinned.
  void pin(const UserId& user) {
    const auto entry = entry_of(user);
    FRESHET_CHECK(!entry->pinned);
    entry->pinned = true;
    pinned_bytes_ += entry->bytes;
    pinned_.splice(pinned_.begin(), recent_, entry);
  }

  // Requires: the user is there.
  bool is_pinned(const UserId& user) const { return entry_of(user)->pinned; }

  // Requires: the user is there and pinned.
  void unpin(const UserId& user) {
    const auto entry = entry_of(user);
    FRESHET_CHECK(entry->pinned);
    entry->pinned = false;
    pinned_bytes_ -= entry->bytes;
    recent_.splice(recent_.begin(), pinned_, entry);
  }

  // Removes least recently used users that are not pinned until bytes() <= bytes_max.
  // Returns how many were removed.
  std::size_t evict() {
    std::size_t removed = 0;
    for (; bytes_ > bytes_max_ && !recent_.empty(); ++removed) {
      if (last_ == std::prev(recent_.end())) last_ = recent_.end();
      bytes_ -= recent_.back().bytes;
      by_user_.erase(recent_.back().user.view(), id_of);
      recent_.pop_back();
    }
    return removed;
  }

  // Calls visit(value) for each user in `count` buckets of the index, from `bucket` on; it returns
  // what the value holds then. Returns where to go on, none at the end. No use of the users, and
  // nothing is evicted. A round over all users begins anew where buckets() has changed since; one
  // that goes on after users were evicted may pass a few over.
  template <class Visit>
  std::optional<std::size_t> visit(std::size_t bucket, std::size_t count, const Visit& visit) {
    for (; bucket < by_user_.slots(); ++bucket, --count) {
      if (count == 0) return bucket;
      const Place* found = by_user_.at_place(bucket);
      if (found == nullptr) continue;
      Entry& entry = **found;
      account(entry, visit(entry.value) + overhead_bytes(entry.user));
    }
    return std::nullopt;
  }
  std::size_t buckets() const { return by_user_.slots(); }  // some twice as many as users

  void set_bytes_max(std::size_t bytes_max) { bytes_max_ = bytes_max; }

  std::size_t bytes() const { return bytes_; }
  std::size_t pinned_bytes() const { return pinned_bytes_; }
  std::size_t size() const { return by_user_.size(); }
  std::size_t bytes_max() const { return bytes_max_; }

  // What a user costs beside its value: its list node, its key, its share of the index.
  static std::size_t overhead_bytes(const UserId& user) {
    constexpr std::size_t kListLinks = 2 * sizeof(void*);
    return heap_block_bytes(kListLinks + sizeof(Entry)) - sizeof(Value) +
           FlatIndex<Place>::bytes_each() + string_heap_bytes(user.view());
  }

 private:
  struct Entry {
    UserId user;
    Value value;
    std::size_t bytes;
    bool pinned;
  };
  using Entries = std::list<Entry>;
  using Place = typename Entries::iterator;  // entries never move

  static std::string_view id_of(Place entry) { return entry->user.view(); }

  // What is asked of a user is mostly asked of the one that was found last.
  Place entry_of(const UserId& user) const {
    if (last_ != recent_.end() && last_->user == user) return last_;
    const Place* found = by_user_.find(user.view(), id_of);
    FRESHET_CHECK(found != nullptr);
    return *found;
  }

  void use(Place entry) {
    if (!entry->pinned) recent_.splice(recent_.begin(), recent_, entry);
  }

  void account(Entry& entry, std::size_t bytes) {
    bytes_ = bytes_ - entry.bytes + bytes;
    if (entry.pinned) pinned_bytes_ = pinned_bytes_ - entry.bytes + bytes;
    entry.bytes = bytes;
  }

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t pinned_bytes_ = 0;
  Entries recent_;  // evictable, the most recently used first
  Entries pinned_;
  FlatIndex<Place> by_user_;
  Place last_ = recent_.end();  // found or inserted; the end where it has left
};

}  // namespace freshet::stateful
