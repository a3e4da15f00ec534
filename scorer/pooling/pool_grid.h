// The integer grid on which a pool's sums are exact.
//
// Computes: g_w and g_x, the binary places of weights and of weighted values: a weight w <= 1 is
//           kept as round(w 2^g_w), a product w x as round(w x 2^g_x), with g_x = g_w - e and 2^e
//           the smallest power of two that is at least the table's largest |x|. Sums of N_max terms
//           stay within 2^62 (int64), or 2^112 (the wide grid, int128, 50 places finer).
// Errors:   kInvalidModel when not even the wide grid resolves the smallest rows; kInvalidConfig
//           for a length beyond 65536
// Source:   docs/formats.md, "Representation", with the derivation of the bound
// Oracle:   tests/unit/scorer/pool_grid_test.cc
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/status.h"
#include "scorer/model/model.h"
#include "scorer/simd/int128.h"

namespace freshet::scorer {

// Scores are shifted by whole multiples of this, so that the shift seldom moves.
inline constexpr double kShiftStep = 8.0;
// Below this a weight would not change the grid's sums by a part that anybody could measure.
inline constexpr double kExponentMin = -45.0;
// 2020-01-01T00:00:00Z. A fixed origin, because exp(-lambda t_now) cancels in the softmax.
inline constexpr std::int64_t kRecencyOriginMs = 1577836800000;
inline constexpr double kMsPerDay = 86400000.0;

// Places that rows of self-attention have at most: their terms round within 2^51.
inline constexpr int kRowPlacesMax = 51;

struct PoolGrid {
  bool wide = false;       // int128 sums
  int weight_places = 0;   // g_w
  int value_places = 0;    // g_x
  int value_exponent = 0;  // e = g_w - g_x
};

// The grid with at most `places_max` binary places below 1 in int64 sums.
Result<PoolGrid> choose_grid(const Matrix& items, std::size_t length_max, int places_max = 62);

}  // namespace freshet::scorer
