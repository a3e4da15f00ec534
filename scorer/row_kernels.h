// The loops of self-attention rows: a column's scores and weights, a row's exact terms.
//
// Computes: every result is a fixed sequence of IEEE operations and integer sums, written down in
//           docs/formats.md, "Arithmetic" and "Self-attention". The integers are exact, so vector
//           code of any width has the same bits.
// Shapes:   stated at each function; any length, nothing assumes a multiple of anything
// Errors:   none
// Cost:     the narrow kernels round by adding 1.5 * 2^52, which AVX2 can do eight elements at a
//           time; the wide ones (int128) take several times as long
// Oracle:   tests/unit/scorer/row_kernels_test.cc
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "scorer/pool_grid.h"

namespace freshet::scorer {

// a . b in 8 lanes of double and a fixed tree. Requires equal sizes.
double fixed_dot64(std::span<const double> a, std::span<const double> b);

// sum_h v[h] tanh(q[h] + k[h]) in the same lanes, given exp_q = e^2q and exp_k = e^2k.
double additive_score(std::span<const double> exp_q, std::span<const double> exp_k,
                      std::span<const double> v);

// ceil(score / 8): the shift under which a score's weight is at most 1, in steps of 8.
inline std::int32_t bucket_of_score(double score) {
  return static_cast<std::int32_t>(std::ceil(score / kShiftStep));
}

// Scores in, weights out: w of each under the shift 8 * bucket, a float held as double. A score
// above its shift, which no row has, weighs 1.
void weigh(std::span<const std::int32_t> buckets, std::span<double> scores);
void weigh(std::int32_t bucket, std::span<double> scores);

// sum[c] += rte(x[c] * scale). Int64: requires |x[c] * scale| <= 2^51.
void add_term(std::span<const float> x, double scale, std::span<std::int64_t> sum);
void add_term(std::span<const float> x, double scale, std::span<Int128> sum);

// Four of them at once, which spares the sums three ways to the memory and back. x[k] points to
// [sum.size()] values.
inline constexpr std::size_t kTerms = 4;
void add_terms(std::span<const float* const, kTerms> x, std::span<const double, kTerms> scale,
               std::span<std::int64_t> sum);
void add_terms(std::span<const float* const, kTerms> x, std::span<const double, kTerms> scale,
               std::span<Int128> sum);

// sum[c] += rte(x_in[c] * in) - rte(x_out[c] * out).
void swap_term(std::span<const float> x_in, double in, std::span<const float> x_out, double out,
               std::span<std::int64_t> sum);
void swap_term(std::span<const float> x_in, double in, std::span<const float> x_out, double out,
               std::span<Int128> sum);

// total[c] += rte(double(row[c]) * scale). Int64: requires the product to lie within 2^51.
void add_row(std::span<const std::int64_t> row, double scale, std::span<std::int64_t> total);
void add_row(std::span<const Int128> row, double scale, std::span<Int128> total);

}  // namespace freshet::scorer
