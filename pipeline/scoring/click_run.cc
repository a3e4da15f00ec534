#include "pipeline/scoring/click_run.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

// So much of the run is free in front after it was moved, so a move is paid by as many inserts.
std::size_t room_in_front(std::size_t size) { return size / 4 + 2; }

}  // namespace

void ClickRun::move_to_end(std::size_t room) {
  const auto first = room_.begin() + static_cast<std::ptrdiff_t>(begin_);
  const auto last = first + static_cast<std::ptrdiff_t>(size_);
  if (room == room_.size()) {
    std::copy_backward(first, last, room_.end());
  } else {
    std::vector<scorer::PooledClick> wider(room);
    std::copy_backward(first, last, wider.end());
    room_ = std::move(wider);
  }
  begin_ = room - size_;
}

void ClickRun::reserve(std::size_t count) {
  const std::size_t wanted = count + room_in_front(count);
  if (wanted > room_.size()) move_to_end(wanted);
}

void ClickRun::make_room_in_front() {
  const bool is_enough = room_.size() >= size_ + room_in_front(size_);
  move_to_end(is_enough ? room_.size() : size_ + 2 * room_in_front(size_));
}

void ClickRun::insert(std::size_t index, const scorer::PooledClick& click) {
  FRESHET_CHECK(index <= size_);
  if (begin_ == 0) make_room_in_front();
  const auto first = room_.begin() + static_cast<std::ptrdiff_t>(begin_);
  std::copy(first, first + static_cast<std::ptrdiff_t>(index), first - 1);
  --begin_;
  ++size_;
  room_[begin_ + index] = click;
}

void ClickRun::truncate(std::size_t count) {
  FRESHET_CHECK(count <= size_);
  size_ = count;
}

}  // namespace freshet::pipeline
