// ClickRun: a user's clicks as a scorer reads them, newest first, side by side in memory.
//
// Where new clicks come in front and the oldest leave behind, neither moves the others: the run
// wanders to the front of its room, and goes back to the end of it once there is none left in
// front.
// Errors:  none. Threads: one
// Cost:    insert at index i O(i) moves, and O(1) amortised for making room; truncate O(1). Room
//          for half more than the most clicks it has held, and a few
// Oracle:  a vector (tests/unit/pipeline/click_run_test.cc)
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "common/heap_bytes.h"
#include "common/prefetch.h"
#include "scorer/pooling/pooled_click.h"

namespace freshet::pipeline {

class ClickRun {
 public:
  std::size_t size() const { return size_; }
  std::span<const scorer::PooledClick> view() const {
    return std::span(room_).subspan(begin_, size_);
  }
  const scorer::PooledClick& operator[](std::size_t index) const { return room_[begin_ + index]; }

  // Makes room for `count` clicks at once, and some in front of them.
  void reserve(std::size_t count);
  // Requires index <= size().
  void insert(std::size_t index, const scorer::PooledClick& click);
  // Keeps the newest `count`. Requires count <= size().
  void truncate(std::size_t count);

  // Has the processor fetch both ends.
  void prefetch_ends() const {
    if (size_ == 0) return;
    prefetch(&room_[begin_ == 0 ? 0 : begin_ - 1], 2 * sizeof(scorer::PooledClick));
    prefetch(&room_[begin_ + std::max<std::size_t>(size_, 2) - 2], 2 * sizeof(scorer::PooledClick));
  }

  std::size_t heap_bytes() const { return vector_heap_bytes(room_); }

 private:
  // Moves the run to the end of a room of so many clicks.
  void move_to_end(std::size_t room);
  void make_room_in_front();

  std::vector<scorer::PooledClick> room_;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace freshet::pipeline
