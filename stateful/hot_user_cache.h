// HotUserCache: the least-recently-used cache of hot users, bounded in bytes.
//
// Value is what a task keeps hot of a user. A user with unsaved changes must not be evicted: it is
// changed from its first unsaved change until it is saved, and changed users stand in the order
// of these. Their bytes count against the bound all the same, so the owner learns from
// changed_bytes() when it has to save sooner. find, insert and saved are uses.
// Memory: entries live side by side in blocks that are never given back: the place of an evicted
//         user stays, counts against the bound, and serves the next one. A user costs no heap block
//         but its value's
// Errors: none. Threads: one. Cost: O(1) for each call, O(evicted) for evict, O(count) for visit
// Oracle: a plain map with time stamps (tests/unit/stateful/hot_user_cache_test.cc)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/flat_index.h"
#include "common/heap_bytes.h"
#include "common/ids.h"
#include "common/log_position.h"
#include "common/prefetch.h"

namespace freshet::stateful {

template <class Value>
class HotUserCache {
  using Slot = std::uint32_t;
  static constexpr Slot kNone = UINT32_MAX;

 public:
  // A user in the cache. It keeps its address until it is evicted.
  class Entry {
   public:
    Entry(UserId user, Value value, Slot slot)
        : value_(std::move(value)), user_(std::move(user)), slot_(slot) {}

    const UserId& user() const { return user_; }
    Value& value() { return value_; }
    const Value& value() const { return value_; }
    bool changed() const { return changed_; }
    // Requires: changed().
    Offset first_change() const { return first_change_; }

   private:
    friend class HotUserCache;
    Value value_;
    UserId user_;
    std::size_t bytes_ = 0;
    Offset first_change_{0};
    Slot slot_;
    Slot newer_ = kNone;  // the neighbours in the list that it stands in
    Slot older_ = kNone;
    bool changed_ = false;
  };

  explicit HotUserCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  HotUserCache(const HotUserCache&) = delete;
  HotUserCache& operator=(const HotUserCache&) = delete;

  // The user, now the most recently used, or null.
  Entry* find(const UserId& user) {
    const Slot* slot = index_.find(user.view(), id_of());
    if (slot == nullptr) return nullptr;
    Entry& found = entry(*slot);
    if (!found.changed_) use(found);
    return &found;
  }

  // Has the processor fetch what find() will read of the index, and, once that is there, the user.
  static std::uint32_t hash_of(const UserId& user) { return FlatIndex<Slot>::hash_of(user.view()); }
  void prefetch_index(std::uint32_t hash) const { index_.prefetch(hash); }
  // Returns the user's place, or another's, or none: reads no entry.
  std::optional<std::uint32_t> prefetch_user(std::uint32_t hash) const {
    const Slot* slot = index_.guess(hash);
    if (slot == nullptr) return std::nullopt;
    prefetch(&place(*slot), sizeof(std::optional<Entry>));
    return *slot;
  }
  // The value of whoever has a place that prefetch_user() returned, or null. No use of the user.
  const Value* at_place(std::uint32_t slot) const {
    const std::optional<Entry>& there = place(slot);
    return there ? &there->value_ : nullptr;
  }

  // Adds a user that is not there. `bytes` is what the value holds, itself included. Evicts
  // nothing.
  Entry* insert(const UserId& user, Value value, std::size_t bytes) {
    const Slot slot = take_place();
    Entry& added = place(slot).emplace(user, std::move(value), slot);
    FRESHET_CHECK(index_.insert(user.view(), slot, id_of()));
    push(&recent_, added);
    set_bytes(&added, bytes);
    return &added;
  }

  // Tells the cache what the value holds now, itself included.
  void set_bytes(Entry* user, std::size_t bytes) {
    const std::size_t before = user->bytes_;
    user->bytes_ = bytes + overhead_bytes(user->user_);
    bytes_ = bytes_ - before + user->bytes_;
    if (user->changed_) changed_bytes_ = changed_bytes_ - before + user->bytes_;
  }

  // Notes a change by the record at `offset`, and keeps the user from being evicted until saved().
  // Requires: offsets of users that become changed do not go down.
  void note_change(Entry* user, Offset offset) {
    if (user->changed_) return;
    FRESHET_CHECK(changed_.newest == kNone || entry(changed_.newest).first_change_ <= offset);
    remove(&recent_, *user);
    user->changed_ = true;
    user->first_change_ = offset;
    push(&changed_, *user);
    changed_bytes_ += user->bytes_;
    ++changes_begun_;
  }

  // The user that has been changed for longest, or null.
  Entry* longest_changed() { return changed_.oldest == kNone ? nullptr : &entry(changed_.oldest); }
  const Entry* longest_changed() const {
    return changed_.oldest == kNone ? nullptr : &entry(changed_.oldest);
  }

  // Requires: the user is changed.
  void saved(Entry* user) {
    FRESHET_CHECK(user->changed_);
    remove(&changed_, *user);
    user->changed_ = false;
    changed_bytes_ -= user->bytes_;
    push(&recent_, *user);
  }

  // Removes least recently used users that are not changed until bytes() <= bytes_max.
  // Returns how many were removed.
  std::size_t evict() {
    std::size_t removed = 0;
    for (; bytes_ > bytes_max_ && recent_.oldest != kNone; ++removed) {
      const Slot slot = recent_.oldest;
      bytes_ -= entry(slot).bytes_ - kPlaceBytes;
      remove(&recent_, entry(slot));
      FRESHET_CHECK(index_.erase(entry(slot).user_.view(), id_of()));
      place(slot).reset();
      free_.push_back(slot);
    }
    return removed;
  }

  // Calls visit(value) for each user in `count` slots, from `slot` on; it returns what the value
  // holds then. Returns where to go on, none at the end. No use of the users, and nothing is
  // evicted. A user keeps its slot, so a round from 0 to the end meets all that were there from its
  // beginning to its end.
  template <class Visit>
  std::optional<std::size_t> visit(std::size_t slot, std::size_t count, const Visit& visit) {
    for (; slot < slots_; ++slot, --count) {
      if (count == 0) return slot;
      std::optional<Entry>& user = place(static_cast<Slot>(slot));
      if (user) set_bytes(&*user, visit(user->value_));
    }
    return std::nullopt;
  }

  std::size_t bytes() const { return bytes_; }
  std::size_t changed_bytes() const { return changed_bytes_; }
  std::size_t size() const { return index_.size(); }
  std::size_t changed_count() const { return changed_.size; }
  std::uint64_t changes_begun() const { return changes_begun_; }  // ever
  std::size_t bytes_max() const { return bytes_max_; }

  // A user's place, the value itself included, and its share of the index.
  static constexpr std::size_t kPlaceBytes =
      sizeof(std::optional<Entry>) + FlatIndex<Slot>::bytes_each();
  // What a user costs beside its value.
  static std::size_t overhead_bytes(const UserId& user) {
    return kPlaceBytes - sizeof(Value) + string_heap_bytes(user.view());
  }

 private:
  static constexpr std::size_t kBlockSlots = 64;
  using Block = std::array<std::optional<Entry>, kBlockSlots>;

  struct List {
    Slot newest = kNone;
    Slot oldest = kNone;
    std::size_t size = 0;
  };

  auto id_of() const {
    return [this](Slot slot) { return entry(slot).user_.view(); };
  }

  std::optional<Entry>& place(Slot slot) {
    return (*blocks_[slot / kBlockSlots])[slot % kBlockSlots];
  }
  const std::optional<Entry>& place(Slot slot) const {
    return (*blocks_[slot / kBlockSlots])[slot % kBlockSlots];
  }
  Entry& entry(Slot slot) { return *place(slot); }
  const Entry& entry(Slot slot) const { return *place(slot); }

  // The place's bytes are the user's from now on.
  Slot take_place() {
    if (free_.empty()) {
      FRESHET_CHECK(slots_ < kNone);
      if (slots_ % kBlockSlots == 0) blocks_.push_back(std::make_unique<Block>());
      return static_cast<Slot>(slots_++);
    }
    const Slot slot = free_.back();
    free_.pop_back();
    bytes_ -= kPlaceBytes;
    return slot;
  }

  void push(List* list, Entry& user) {
    user.newer_ = kNone;
    user.older_ = list->newest;
    (list->newest == kNone ? list->oldest : entry(list->newest).newer_) = user.slot_;
    list->newest = user.slot_;
    ++list->size;
  }

  void remove(List* list, Entry& user) {
    (user.newer_ == kNone ? list->newest : entry(user.newer_).older_) = user.older_;
    (user.older_ == kNone ? list->oldest : entry(user.older_).newer_) = user.newer_;
    --list->size;
  }

  void use(Entry& user) {
    if (recent_.newest == user.slot_) return;
    remove(&recent_, user);
    push(&recent_, user);
  }

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t changed_bytes_ = 0;
  std::uint64_t changes_begun_ = 0;
  std::vector<std::unique_ptr<Block>> blocks_;  // [slots / kBlockSlots]
  std::size_t slots_ = 0;
  std::vector<Slot> free_;
  FlatIndex<Slot> index_;
  List recent_;   // evictable, the most recently used is the newest
  List changed_;  // the longest changed is the oldest
};

}  // namespace freshet::stateful
