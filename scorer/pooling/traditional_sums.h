// The exact sums of one user's sequence: what TraditionalPool adds clicks to and takes them from.
//
// Shapes:  L [S] and A [d], integers on the pool's grid (PoolGrid), with S = 1 or d; no L when the
//          softmax goes over channels
// Errors:  none
// Threads: a value that belongs to one task
// Source:  docs/formats.md, "Representation"
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "scorer/aligned_vector.h"
#include "scorer/pooling/pool_grid.h"

namespace freshet::scorer {

class TraditionalSums {
 public:
  // Equal visible sets of one pool have equal sums, however they came about.
  bool operator==(const TraditionalSums&) const = default;

  // Bytes on the heap, for caches bounded in bytes.
  std::size_t heap_bytes() const;

  // Has the processor fetch what a slide will move.
  void prefetch() const;

 private:
  friend class TraditionalPool;

  // The largest bucket ceil(s / 8) among the clicks, and how many clicks are in it: when the last
  // of them leaves, or a larger one comes, the shift moves.
  struct Peak {
    std::int64_t bucket = 0;
    std::uint64_t clicks = 0;
    bool operator==(const Peak&) const = default;
  };

  template <class Int>
  struct Sums {
    AlignedVector<Int> all;  // A [d], behind it L [S]: one block, whose vectors are cache lines
    std::size_t dim;         // d

    Sums() : dim(0) {}
    Sums(std::size_t values, std::size_t weights) : all(values + weights), dim(values) {}
    std::span<Int> values() { return std::span(all).first(dim); }
    std::span<Int> weights() { return std::span(all).subspan(dim); }
    std::span<const Int> values() const { return std::span(all).first(dim); }
    std::span<const Int> weights() const { return std::span(all).subspan(dim); }
    bool operator==(const Sums&) const = default;
  };

  std::vector<Peak> peaks_;  // [S]
  std::variant<Sums<std::int64_t>, Sums<Int128>> sums_;
};

}  // namespace freshet::scorer
