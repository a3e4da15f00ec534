// The nearest integer of 128 bits, ties to even.
#pragma once

#include <cmath>
#include <cstdint>

#include "scorer/pooling/pool_grid.h"

namespace freshet::scorer {

// In two halves of 64 bits, as the compiler's own conversion takes tens of nanoseconds: the integer
// is high 2^50 + low, where high 2^50 is exact and the rest rounds once.
struct WideHalves {
  std::int64_t high;
  std::int64_t low;

  // Requires halves of less than 2^63: those of one value, or the difference of two.
  Int128 joined() const { return (Int128{high} << 50) + low; }
};

// Requires |value| < 2^112.
inline WideHalves round_halves(double value) {
  const double high = std::nearbyint(value * 0x1p-50);
  const double low = std::nearbyint(std::fma(high, -0x1p+50, value));
  return {static_cast<std::int64_t>(high), static_cast<std::int64_t>(low)};
}

inline Int128 round_wide(double value) { return round_halves(value).joined(); }

}  // namespace freshet::scorer
