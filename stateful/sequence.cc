#include "stateful/sequence.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/heap_bytes.h"
#include "common/prefetch.h"

namespace freshet::stateful {
namespace {

// Most users have few clicks: a ring starts small and doubles up to what it can ever hold.
constexpr std::size_t kFirstSlots = 4;

// The first index in [begin, end) for which `before` no longer holds. `before` holds for a prefix.
template <class Before>
std::size_t partition_index(std::size_t begin, std::size_t end, const Before& before) {
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    if (before(middle)) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

}  // namespace

Sequence::Sequence(std::size_t length_max) : length_max_(length_max) {
  FRESHET_CHECK(length_max >= 1);
}

std::size_t Sequence::slot_of(std::size_t index) const {
  const std::size_t slot = oldest_slot_ + (size_ - 1 - index);
  return slot < slots_.size() ? slot : slot - slots_.size();
}

const Click& Sequence::operator[](std::size_t index) const {
  FRESHET_CHECK(index < size_);
  return slots_[slot_of(index)];
}

std::size_t Sequence::count_greater(const Click& click) const {
  if (size_ == 0 || (*this)[0] <= click) return 0;
  // A decoder inserts from the newest on, so the oldest end is as common as the newest.
  if ((*this)[size_ - 1] > click) return size_;
  return partition_index(1, size_ - 1, [&](std::size_t i) { return (*this)[i] > click; });
}

std::size_t Sequence::count_since(EventTime oldest_seen) const {
  if (size_ == 0 || (*this)[size_ - 1].ts >= oldest_seen) return size_;
  return partition_index(0, size_ - 1, [&](std::size_t i) { return (*this)[i].ts >= oldest_seen; });
}

void Sequence::reserve(std::size_t count) {
  const std::size_t wanted = std::min(count, length_max_ + 1);
  if (wanted <= slots_.size()) return;
  std::vector<Click> wider(wanted);
  for (std::size_t i = 0; i < size_; ++i) wider[size_ - 1 - i] = std::move(at(i));
  slots_ = std::move(wider);
  oldest_slot_ = 0;
}

// Moves the clicks on the shorter side of the gap by one; the slot at `index` is then free.
void Sequence::open_gap(std::size_t index) {
  if (size_ == slots_.size()) reserve(std::max(kFirstSlots, 2 * size_));
  ++size_;
  if (index < size_ / 2) {
    for (std::size_t i = 0; i < index; ++i) at(i) = std::move(at(i + 1));
    return;
  }
  oldest_slot_ = oldest_slot_ == 0 ? slots_.size() - 1 : oldest_slot_ - 1;
  for (std::size_t i = size_ - 1; i > index; --i) at(i) = std::move(at(i - 1));
}

Sequence::InsertResult Sequence::insert(const Click& click) {
  const std::size_t index = count_greater(click);
  if (index < size_ && (*this)[index] == click) {
    return {InsertResult::Outcome::kAlreadyThere, index, false};
  }
  const bool full = size_ == length_max_ + 1;
  if (full && index == size_) return {InsertResult::Outcome::kTooOld, 0, false};
  if (full) drop_oldest(1);
  open_gap(index);
  item_heap_bytes_ += string_heap_bytes(click.item.view());
  at(index) = click;
  return {InsertResult::Outcome::kInserted, index, full};
}

void Sequence::insert_oldest(const Click& click) {
  FRESHET_CHECK(size_ == 0 || click < (*this)[size_ - 1]);
  if (size_ == length_max_ + 1) return;
  open_gap(size_);
  item_heap_bytes_ += string_heap_bytes(click.item.view());
  at(size_ - 1) = click;
}

void Sequence::drop_oldest(std::size_t count) {
  FRESHET_CHECK(count <= size_);
  for (; count > 0; --count) {
    Click& oldest = slots_[oldest_slot_];
    item_heap_bytes_ -= string_heap_bytes(oldest.item.view());
    oldest = Click{};
    oldest_slot_ = oldest_slot_ + 1 == slots_.size() ? 0 : oldest_slot_ + 1;
    --size_;
  }
}

Window Sequence::visible(EventTime stream_time, DurationMs age_max) const {
  return {0, std::min(count_since(stream_time - age_max), length_max_)};
}

Window Sequence::visible_before(EventTime as_of, EventTime stream_time, DurationMs age_max) const {
  const std::size_t first = count_since(as_of);
  const std::size_t end = std::max(first, count_since(stream_time - age_max));
  return {first, std::min(end - first, length_max_)};
}

bool Sequence::has_visible_after(const Click& click, EventTime stream_time,
                                 DurationMs age_max) const {
  // The newest click is the greatest, and it is visible if any click is.
  return visible(stream_time, age_max).count > 0 && (*this)[0] > click;
}

bool Sequence::has_visible(const Click& click, EventTime stream_time, DurationMs age_max) const {
  const std::size_t index = count_greater(click);
  return index < visible(stream_time, age_max).count && (*this)[index] == click;
}

std::size_t Sequence::invisible_count(EventTime stream_time, DurationMs age_max) const {
  return size_ - count_since(stream_time - age_max);
}

void Sequence::prefetch_ends() const {
  if (size_ == 0) return;
  prefetch(&slots_[oldest_slot_], sizeof(Click));
  prefetch(&slots_[slot_of(0)], 2 * sizeof(Click));  // the next one's slot as well
}

std::size_t Sequence::heap_bytes() const {
  return heap_block_bytes(slots_.capacity() * sizeof(Click)) + item_heap_bytes_;
}

bool Sequence::operator==(const Sequence& other) const {
  if (length_max_ != other.length_max_ || size_ != other.size_) return false;
  for (std::size_t i = 0; i < size_; ++i) {
    if ((*this)[i] != other[i]) return false;
  }
  return true;
}

}  // namespace freshet::stateful
