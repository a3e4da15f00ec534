// Strong types for places in a partitioned log: Partition, Offset, Position.
//
// An Offset names one record. A Position is the next offset to read and the only thing that is ever
// committed. They never convert into each other silently: `position_after(offset)` is the one way
// up.
#pragma once

#include <compare>
#include <cstdint>

namespace freshet {

struct Partition {
  std::int32_t value = 0;
  auto operator<=>(const Partition&) const = default;
};

struct Offset {
  std::int64_t value = 0;
  auto operator<=>(const Offset&) const = default;
};

struct Position {
  std::int64_t value = 0;
  auto operator<=>(const Position&) const = default;
};

// What a partition holds of its log: [begin, end).
struct PositionRange {
  Position begin;  // the first that is retained
  Position end;    // behind the last record that is decided: no open transaction lies before it
};

// The position from which a reader that has consumed `offset` goes on.
constexpr Position position_after(Offset offset) { return Position{offset.value + 1}; }

// True when the record at `offset` lies before `position`, so a reader at `position` has passed it.
constexpr bool is_before(Offset offset, Position position) { return offset.value < position.value; }

}  // namespace freshet
