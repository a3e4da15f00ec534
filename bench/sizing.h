// The formulas of docs/sizing.md. bench_sizing measures what they predict and aborts where a
// prediction is off by more than 15 %.
//
// Units: bytes. Of x86-64 with glibc; item and user ids of up to 15 bytes (a longer one adds a heap
// block of its length in memory, and its length on disk).
#pragma once

#include <cstddef>

namespace freshet::sizing {

// A hot user with `clicks` in each of its behaviours, beside a model of dimension `dim`.
constexpr double hot_user_bytes(std::size_t clicks, double behaviours, double dim) {
  const auto held = static_cast<double>(clicks + 1);
  return 216 + behaviours * (390 + 60 * held + 8 * dim);
}

// A user on disk, with numeric item ids below 10^7 and about an hour between clicks (8 bytes a
// click); keys, indexes and what compaction has not yet removed included.
constexpr double stored_user_bytes(std::size_t clicks, double behaviours) {
  return 1.25 * (60 + 8 * behaviours * static_cast<double>(clicks + 1));
}

// A model as it is served: its items, its wide buckets, its first dense layer twice.
constexpr double model_bytes(double items, double behaviours, double dim, double buckets,
                             double hidden1) {
  return items * (4 * dim + 8 * behaviours + 65) + 4 * buckets +
         2 * 4 * 3 * behaviours * dim * hidden1;
}

}  // namespace freshet::sizing
