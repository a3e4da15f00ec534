// The exact sums of one user's self-attention rows: what SelfAttentionPool adds clicks to.
//
// Holds:   the visible clicks of known items; for each (with pool `last`: for the newest alone) its
//          row, the integers L [1] and A [d] with the peak that its shift comes from; and the rows'
//          total [d]
// Errors:  none
// Threads: a value that belongs to one task
// Cost:    8 (d + 1) + 32 bytes a row, 16 (d + 1) + 32 with int128 sums
// Source:  docs/formats.md, "Self-attention"
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "common/time.h"
#include "scorer/aligned_vector.h"
#include "scorer/model/model.h"
#include "scorer/pooling/pool_grid.h"

namespace freshet::scorer {

class RowSums {
 public:
  // Equal visible sets of one pool have equal sums, however they came about; the places of the rows
  // in memory do not count.
  bool operator==(const RowSums& other) const;

  // Bytes on the heap, for caches bounded in bytes.
  std::size_t heap_bytes() const;

 private:
  friend class SelfAttentionPool;

  // A visible click of a known item.
  struct Click {
    EventTime ts;
    ItemRow item;
    auto operator<=>(const Click&) const = default;
  };

  // The largest bucket of a row's scores and how many of them are in it: when the last of them
  // leaves, or a larger one comes, the row's shift moves.
  struct Peak {
    std::int32_t bucket = 0;
    std::uint32_t clicks = 0;
    bool operator==(const Peak&) const = default;
  };

  template <class Int>
  struct Sums {
    std::vector<Int> weights;   // L [rows]
    AlignedVector<Int> values;  // A [rows, d], one row after the other
    std::vector<Int> total;     // the rows' y on the grid, added up [d]
  };

  std::vector<std::size_t> sorted() const;  // the rows' places by click

  std::vector<Click> clicks_;    // [n], in no order; row i is that of click i
  std::vector<Peak> peaks_;      // [rows]
  std::vector<double> scratch_;  // [n], of a row that is rebuilt
  std::variant<Sums<std::int64_t>, Sums<Int128>> sums_;
};

}  // namespace freshet::scorer
