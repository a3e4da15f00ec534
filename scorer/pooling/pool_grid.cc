#include "scorer/pooling/pool_grid.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "scorer/model/model_limits.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

// Places that the wide grid has beyond the int64 one.
constexpr int kWidePlaces = 50;
// Places that the rounding errors of all terms need below the grid's unit; see docs/formats.md.
constexpr int kErrorPlaces = 32;

struct TableRange {
  float largest = 0.0F;           // the largest |x|
  float smallest_row_max = 0.0F;  // the smallest non-zero largest |x| of a row; 0 if all are zero
};

TableRange range_of(const Matrix& items) {
  TableRange range;
  range.smallest_row_max = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < items.rows; ++i) {
    float row_max = 0.0F;
    for (std::size_t c = 0; c < items.cols; ++c) {
      row_max = std::max(row_max, std::fabs(items.at(i, c)));
    }
    range.largest = std::max(range.largest, row_max);
    if (row_max > 0.0F) range.smallest_row_max = std::min(range.smallest_row_max, row_max);
  }
  if (range.largest == 0.0F) range.smallest_row_max = 0.0F;
  return range;
}

// The smallest e with value <= 2^e. Requires value > 0.
int ceil_log2(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return fraction == 0.5 ? exponent - 1 : exponent;
}

bool resolves(int places, std::size_t length_max, double range_ratio) {
  return static_cast<double>(length_max) * (range_ratio + 1.0) <=
         std::ldexp(1.0, places - kErrorPlaces);
}

}  // namespace

Result<PoolGrid> choose_grid(const Matrix& items, std::size_t length_max, int places_max) {
  if (length_max < 1 || length_max > kPoolLengthMax) {
    return error(ErrorCode::kInvalidConfig, "length_max is " + std::to_string(length_max) +
                                                "; a pooled sequence holds 1 to " +
                                                std::to_string(kPoolLengthMax) + " clicks");
  }
  const TableRange range = range_of(items);
  PoolGrid grid;
  grid.weight_places = std::min(places_max, 62 - static_cast<int>(std::bit_width(length_max - 1)));
  double ratio = 1.0;
  if (range.largest > 0.0F) {
    grid.value_exponent = ceil_log2(range.largest);
    ratio = std::ldexp(1.0, grid.value_exponent) / static_cast<double>(range.smallest_row_max);
  }
  if (!resolves(grid.weight_places, length_max, ratio)) {
    grid.wide = true;
    grid.weight_places += kWidePlaces;
    if (!resolves(grid.weight_places, length_max, ratio)) {
      return refuse_model(
          "item.embedding: the largest |x| is " + std::to_string(ratio) +
          " times the largest |x| of its smallest non-zero row, more than exact sums "
          "over " +
          std::to_string(length_max) +
          " clicks can hold; zero the vanishing rows or shorten length_max");
    }
  }
  grid.value_places = grid.weight_places - grid.value_exponent;
  return grid;
}

}  // namespace freshet::scorer
