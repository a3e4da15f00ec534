// The nearest integer of 128 bits, ties to even.
#pragma once

#include <cmath>
#include <cstdint>

#include "scorer/simd/int128.h"

namespace freshet::scorer {

// Requires |value| < 2^112. In two halves of 64 bits, as the compiler's own conversion takes tens
// of nanoseconds: the integer is high 2^50 + low, where high 2^50 is exact and the rest rounds
// once.
inline Int128 round_wide(double value) {
  const double high = std::nearbyint(value * 0x1p-50);
  const double low = std::nearbyint(std::fma(high, -0x1p+50, value));
  return (Int128{static_cast<std::int64_t>(high)} << 50) + static_cast<std::int64_t>(low);
}

}  // namespace freshet::scorer
