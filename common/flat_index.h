// FlatIndex: from ids to small values that lead to the ids, side by side in one array.
//
// A look-up reads one place of the array, mostly, and then the id that the value there leads to:
// `id_of(value)` gives it. Ids are not kept here. Linear probing with a hash of 32 bits in each
// slot; erasing moves the slots behind back, so a value's place holds only until the next change.
// Errors:  none. Threads: one writer; readers where nobody writes
// Cost:    find, insert and erase O(1); sizeof(Slot) x 1.5 to 3 bytes for each id
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

namespace freshet {

template <class Value>
class FlatIndex {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  // Null where the id is not there.
  template <class IdOf>
  const Value* find(std::string_view id, const IdOf& id_of) const {
    if (size_ == 0) return nullptr;
    const Slot& slot = slots_[place_of(id, id_of)];
    return slot.hash == kEmpty ? nullptr : &slot.value;
  }

  // Returns false, and changes nothing, where the id is there.
  template <class IdOf>
  bool insert(std::string_view id, Value value, const IdOf& id_of) {
    reserve(size_ + 1);
    Slot& slot = slots_[place_of(id, id_of)];
    if (slot.hash != kEmpty) return false;
    slot = {hash_of(id), value};
    ++size_;
    return true;
  }

  // Returns false where the id is not there.
  template <class IdOf>
  bool erase(std::string_view id, const IdOf& id_of) {
    if (size_ == 0) return false;
    std::size_t gap = place_of(id, id_of);
    if (slots_[gap].hash == kEmpty) return false;
    // A slot may move back into the gap unless its home lies behind the gap.
    for (std::size_t i = next(gap); slots_[i].hash != kEmpty; i = next(i)) {
      if (distance(slots_[i].hash & mask(), i) < distance(gap, i)) continue;
      slots_[gap] = slots_[i];
      gap = i;
    }
    slots_[gap].hash = kEmpty;
    --size_;
    return true;
  }

  void clear() {
    slots_.clear();
    size_ = 0;
  }

  // Makes room for `count` ids at once.
  void reserve(std::size_t count) {
    if (count * 3 <= slots_.size() * 2) return;
    std::size_t wanted = kFirstSlots;
    while (count * 3 > wanted * 2) wanted *= 2;
    std::vector<Slot> before(wanted);
    before.swap(slots_);
    for (const Slot& slot : before) {
      if (slot.hash == kEmpty) continue;
      std::size_t i = slot.hash & mask();
      while (slots_[i].hash != kEmpty) i = next(i);
      slots_[i] = slot;
    }
  }

  static std::uint32_t hash_of(std::string_view id) {
    const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>{}(id));
    return hash == kEmpty ? 1 : hash;
  }
  // Has the processor fetch what find() will read of an id with this hash.
  void prefetch(std::uint32_t hash) const {
    if (size_ > 0) freshet::prefetch(&slots_[hash & mask()]);
  }
  // What find() returns, or what leads to another id, or null: follows no value.
  const Value* guess(std::uint32_t hash) const {
    if (size_ == 0) return nullptr;
    std::size_t place = hash & mask();
    while (slots_[place].hash != kEmpty && slots_[place].hash != hash) place = next(place);
    return slots_[place].hash == kEmpty ? nullptr : &slots_[place].value;
  }

  std::size_t size() const { return size_; }
  std::size_t slots() const { return slots_.size(); }
  // What stands in slot `place`, or null. Requires place < slots().
  const Value* at_place(std::size_t place) const {
    return slots_[place].hash == kEmpty ? nullptr : &slots_[place].value;
  }
  std::size_t heap_bytes() const { return slots_.capacity() * sizeof(Slot); }
  // Of the array, for each id in it, about.
  static constexpr std::size_t bytes_each() { return 2 * sizeof(Slot); }

 private:
  static constexpr std::uint32_t kEmpty = 0;
  static constexpr std::size_t kFirstSlots = 8;
  struct Slot {
    std::uint32_t hash = kEmpty;
    Value value{};
  };

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t next(std::size_t place) const { return (place + 1) & mask(); }
  std::size_t distance(std::size_t from, std::size_t to) const { return (to - from) & mask(); }

  // Where the id stands, or the empty slot where it would.
  template <class IdOf>
  std::size_t place_of(std::string_view id, const IdOf& id_of) const {
    const std::uint32_t hash = hash_of(id);
    std::size_t place = hash & mask();
    while (slots_[place].hash != kEmpty &&
           (slots_[place].hash != hash || id_of(slots_[place].value) != id)) {
      place = next(place);
    }
    return place;
  }

  std::vector<Slot> slots_;  // a power of two, or none
  std::size_t size_ = 0;
};

}  // namespace freshet
