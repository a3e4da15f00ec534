// The loops of self-attention rows: weights of scores, and exact sums of terms.
//
// Computes: every result is a fixed sequence of IEEE operations and integer sums, written down in
//           docs/formats.md, "Arithmetic" and "Self-attention"; the machine's best set of
//           scorer/simd does them
// Shapes:   stated at each function; any length, nothing assumes a multiple of anything
// Errors:   none
// Cost:     the int64 kernels round by adding 1.5 * 2^52; those of int128 take some three times as
//           long
// Oracle:   tests/unit/scorer/row_kernels_test.cc
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "scorer/pooling/pool_grid.h"

namespace freshet::scorer {

// ceil(score / 8): the shift under which a score's weight is at most 1, in steps of 8.
inline std::int32_t bucket_of_score(double score) {
  return static_cast<std::int32_t>(std::ceil(score / kShiftStep));
}

// Scores in, weights out: w of each under its shift, a float held as double. A score above its
// shift, which no row has, weighs 1.
void weigh(std::span<const double> shifts, std::span<double> scores);

// The sum of rte(weight * scale). Int64: requires each product within 2^51.
void add_weights(std::span<const double> weights, double scale, std::int64_t* sum);
void add_weights(std::span<const double> weights, double scale, Int128* sum);

// sum[c] += rte(x[k][c] * scale[k]) of each k. x[k] points to [sum.size()] values. Int64: requires
// |x[k][c] * scale[k]| <= 2^51.
void add_terms(std::span<const float* const> x, std::span<const double> scale,
               std::span<std::int64_t> sum);
void add_terms(std::span<const float* const> x, std::span<const double> scale,
               std::span<Int128> sum);

// The weights of one click that comes and one that leaves in each row; 0 where there is none.
struct ClickWeights {
  std::span<const double> in;   // [rows]
  std::span<const double> out;  // [rows]
};

// sum[r] += rte(in[r] * scale) - rte(out[r] * scale); then share[r] = scale / 2 / sum[r].
void swap_weights(const ClickWeights& weights, double scale, std::span<std::int64_t> sum,
                  std::span<double> share);
void swap_weights(const ClickWeights& weights, double scale, std::span<Int128> sum,
                  std::span<double> share);

// values[r][c] += rte(x_in[c] * in[r]) - rte(x_out[c] * out[r]); then total[c] +=
// rte(double(values[r][c]) * share[r]). x_in and x_out point to [total.size()] values.
void swap_values(const ClickWeights& scaled, const float* x_in, const float* x_out,
                 std::span<const double> share, std::span<std::int64_t> values,
                 std::span<std::int64_t> total);
void swap_values(const ClickWeights& scaled, const float* x_in, const float* x_out,
                 std::span<const double> share, std::span<Int128> values, std::span<Int128> total);

// total[c] += rte(double(row[c]) * scale). Int64: requires the product to lie within 2^51.
void add_row(std::span<const std::int64_t> row, double scale, std::span<std::int64_t> total);
void add_row(std::span<const Int128> row, double scale, std::span<Int128> total);

}  // namespace freshet::scorer
