// FlatIndex: from ids to small values that lead to the ids, side by side in one array.
//
// A look-up reads one place of the array, mostly, and then the id that the value there leads to:
// `id_of(value)` gives it. Ids are not kept here. Linear probing with a hash of 32 bits in each
// slot; erasing moves the slots behind back, so a value's place holds only until the next change.
// No insert takes long: where the array is too small, a larger one stands beside it, and each
// insert moves a few slots over, until the old one is empty and goes. Meanwhile ids are in either.
// Errors:  none. Threads: one writer; readers where nobody writes
// Cost:    find, insert and erase O(1) each, but that an array that goes is given back to the
//          system, about 0.1 us for each 4 KiB; reserve moves all at once. sizeof(Slot) x 1.5 to 3
//          bytes for each id, 4.5 at most while there are two arrays
// Oracle:  a map (tests/unit/common/flat_index_test.cc)
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/prefetch.h"
#include "common/zeroed_allocator.h"

namespace freshet {

template <class Value>
class FlatIndex {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  // Null where the id is not there.
  template <class IdOf>
  const Value* find(std::string_view id, const IdOf& id_of) const {
    const std::uint32_t hash = hash_of(id);
    const auto is_id = [&](const Value& value) { return id_of(value) == id; };
    if (const Value* found = array_.find(hash, is_id)) return found;
    return before_.find(hash, is_id);
  }

  // Returns false, and changes nothing, where the id is there.
  template <class IdOf>
  bool insert(std::string_view id, Value value, const IdOf& id_of) {
    if (find(id, id_of) != nullptr) return false;
    if (!array_.has_room_for(size_ + 1)) grow();
    array_.add({hash_of(id), value});
    ++size_;
    move_over(kMovedPerInsert);
    return true;
  }

  // Returns false where the id is not there.
  template <class IdOf>
  bool erase(std::string_view id, const IdOf& id_of) {
    const std::uint32_t hash = hash_of(id);
    const auto is_id = [&](const Value& value) { return id_of(value) == id; };
    if (!array_.erase(hash, is_id) && !before_.erase(hash, is_id)) return false;
    --size_;
    return true;
  }

  void clear() { *this = FlatIndex(); }

  // Makes room for `count` ids at once.
  void reserve(std::size_t count) {
    if (array_.has_room_for(count)) return;
    move_over(before_.slots.size());
    std::size_t wanted = kFirstSlots;
    while (count * 3 > wanted * 2) wanted *= 2;
    Array before = std::exchange(array_, Array(wanted));
    for (const Slot& slot : before.slots) {
      if (slot.hash != kEmpty) array_.add(slot);
    }
  }

  static std::uint32_t hash_of(std::string_view id) {
    const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>{}(id));
    return hash == kEmpty ? 1 : hash;
  }
  // Has the processor fetch what find() will read of an id with this hash.
  void prefetch(std::uint32_t hash) const {
    array_.prefetch(hash);
    before_.prefetch(hash);
  }
  // What find() returns, or what leads to another id, or null: follows no value.
  const Value* guess(std::uint32_t hash) const {
    const auto is_any = [](const Value&) { return true; };
    if (const Value* found = array_.find(hash, is_any)) return found;
    return before_.find(hash, is_any);
  }

  std::size_t size() const { return size_; }
  std::size_t slots() const { return array_.slots.size() + before_.slots.size(); }
  // What stands in slot `place`, or null. Requires place < slots().
  const Value* at_place(std::size_t place) const {
    const std::size_t first = array_.slots.size();
    const Slot& slot = place < first ? array_.slots[place] : before_.slots[place - first];
    return slot.hash == kEmpty ? nullptr : &slot.value;
  }
  std::size_t heap_bytes() const {
    return (array_.slots.capacity() + before_.slots.capacity()) * sizeof(Slot);
  }
  // Of the array, for each id in it, about.
  static constexpr std::size_t bytes_each() { return 2 * sizeof(Slot); }

  // How many slots of the old array an insert looks at, and then those up to the next empty one.
  static constexpr std::size_t kMovedPerInsert = 8;

 private:
  static constexpr std::uint32_t kEmpty = 0;
  static constexpr std::size_t kFirstSlots = 8;
  struct Slot {
    std::uint32_t hash = kEmpty;
    Value value{};
  };

  struct Array {
    Array() = default;
    explicit Array(std::size_t count) : slots(count) {}

    std::size_t mask() const { return slots.size() - 1; }
    std::size_t next(std::size_t place) const { return (place + 1) & mask(); }
    std::size_t distance(std::size_t from, std::size_t to) const { return (to - from) & mask(); }
    bool has_room_for(std::size_t count) const { return count * 3 <= slots.size() * 2; }

    // Where the value stands, or the empty slot where it would. Requires: there are slots.
    template <class Is>
    std::size_t place_of(std::uint32_t hash, const Is& is) const {
      std::size_t place = hash & mask();
      while (slots[place].hash != kEmpty &&
             (slots[place].hash != hash || !is(slots[place].value))) {
        place = next(place);
      }
      return place;
    }

    template <class Is>
    const Value* find(std::uint32_t hash, const Is& is) const {
      if (slots.empty()) return nullptr;
      const Slot& slot = slots[place_of(hash, is)];
      return slot.hash == kEmpty ? nullptr : &slot.value;
    }

    // Requires: it is not there.
    void add(const Slot& slot) {
      std::size_t place = slot.hash & mask();
      while (slots[place].hash != kEmpty) place = next(place);
      slots[place] = slot;
    }

    template <class Is>
    bool erase(std::uint32_t hash, const Is& is) {
      if (slots.empty()) return false;
      std::size_t gap = place_of(hash, is);
      if (slots[gap].hash == kEmpty) return false;
      // A slot may move back into the gap unless its home lies behind the gap.
      for (std::size_t i = next(gap); slots[i].hash != kEmpty; i = next(i)) {
        if (distance(slots[i].hash & mask(), i) < distance(gap, i)) continue;
        slots[gap] = slots[i];
        gap = i;
      }
      slots[gap].hash = kEmpty;
      return true;
    }

    void prefetch(std::uint32_t hash) const {
      if (!slots.empty()) freshet::prefetch(&slots[hash & mask()]);
    }

    std::vector<Slot, ZeroedAllocator<Slot>> slots;  // a power of two, or none
  };

  // An array of twice the slots stands beside the one that there is from now on.
  void grow() {
    if (array_.slots.empty()) {
      array_ = Array(kFirstSlots);
      return;
    }
    move_over(before_.slots.size());  // nothing: it has gone long ago
    const std::size_t wanted = array_.slots.size() * 2;
    before_ = std::exchange(array_, Array(wanted));
    // The round begins and ends behind an empty slot, so it meets no run of slots in its middle.
    next_ = 0;
    while (before_.slots[next_].hash != kEmpty) ++next_;
    next_ = before_.next(next_);
    left_ = before_.slots.size();
  }

  // Runs of slots move as a whole: what stays can be found, as no gap lies before it in its run.
  void move_over(std::size_t count) {
    while (left_ > 0) {
      Slot& slot = before_.slots[next_];
      const bool was_empty = slot.hash == kEmpty;
      if (was_empty && count == 0) return;
      if (!was_empty) array_.add(slot);
      slot.hash = kEmpty;
      next_ = before_.next(next_);
      if (--left_ == 0) before_ = Array();
      if (count > 0) --count;
    }
  }

  Array array_;
  Array before_;          // what is not in array_ yet; no slots normally
  std::size_t next_ = 0;  // of before_, to be moved over
  std::size_t left_ = 0;  // so many, and then it goes
  std::size_t size_ = 0;
};

}  // namespace freshet
