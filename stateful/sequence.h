// Sequence: the length_max + 1 newest distinct clicks of one user and behaviour. A semilattice.
//
// Index 0 is the newest click, everywhere. insert() is commutative, associative and idempotent: any
// order, repetition or redelivery of the same clicks ends in the same sequence. At most length_max
// clicks are ever visible; the spare one keeps a click at a row's own time from pushing another out
// of that row's view.
//
// Errors:  none. Threads: one
// Cost:    insert at the new end O(1), in the middle O(n); windows O(log n)
// Oracle:  a sorted set that keeps the newest (tests/property/stateful)
#pragma once

#include <cstddef>
#include <vector>

#include "common/time.h"
#include "stateful/click.h"

namespace freshet::stateful {

// A run of clicks, by index from the newest: [first, first + count).
struct Window {
  std::size_t first = 0;
  std::size_t count = 0;
  auto operator<=>(const Window&) const = default;
};

class Sequence {
 public:
  // Requires 1 <= length_max.
  explicit Sequence(std::size_t length_max);

  struct InsertResult {
    enum class Outcome {
      kInserted,      // it stands at `index` now
      kAlreadyThere,  // the same click stands at `index`; nothing changed
      kTooOld,        // full of newer clicks; nothing changed
    };
    Outcome outcome = Outcome::kInserted;
    std::size_t index = 0;        // not for kTooOld
    bool evicted_oldest = false;  // kInserted pushed the oldest one out
  };
  InsertResult insert(const Click& click);
  // The same for a click that is less than all that are there: what a decoder has. O(1)
  void insert_oldest(const Click& click);

  // Drops the oldest `count` clicks (collection). Requires count <= size().
  void drop_oldest(std::size_t count);

  // Makes room for `count` clicks at once, as far as they can ever be held.
  void reserve(std::size_t count);

  std::size_t size() const { return size_; }
  std::size_t length_max() const { return length_max_; }
  const Click& operator[](std::size_t index) const;  // 0 is the newest. Requires index < size()

  // The clicks that are visible at stream time T: ts >= T - age_max, at most length_max of them.
  Window visible(EventTime stream_time, DurationMs age_max) const;

  // What a row at `as_of` may see: visible clicks with ts < as_of, the newest length_max of them.
  Window visible_before(EventTime as_of, EventTime stream_time, DurationMs age_max) const;

  // True when a click of the visible window is greater than `click` by (ts, item).
  bool has_visible_after(const Click& click, EventTime stream_time, DurationMs age_max) const;
  // True when `click` itself is in the visible window.
  bool has_visible(const Click& click, EventTime stream_time, DurationMs age_max) const;

  // How many stored clicks lie before T - age_max; they may be collected.
  std::size_t invisible_count(EventTime stream_time, DurationMs age_max) const;

  // Has the processor fetch both ends, where a click comes and the oldest leaves.
  void prefetch_ends() const;

  // Heap bytes held, for the cache's budget. O(1).
  std::size_t heap_bytes() const;

  // Same length_max and same clicks, however they came.
  bool operator==(const Sequence& other) const;

 private:
  std::size_t slot_of(std::size_t index) const;
  Click& at(std::size_t index) { return slots_[slot_of(index)]; }
  // How many stored clicks, from the newest on, are greater than `click`.
  std::size_t count_greater(const Click& click) const;
  // How many stored clicks, from the newest on, have ts >= oldest_seen.
  std::size_t count_since(EventTime oldest_seen) const;
  void open_gap(std::size_t index);

  // A ring: the newest end and the oldest end both grow and shrink without moving the rest.
  std::vector<Click> slots_;
  std::size_t oldest_slot_ = 0;
  std::size_t size_ = 0;
  std::size_t length_max_;
  std::size_t item_heap_bytes_ = 0;
};

}  // namespace freshet::stateful
