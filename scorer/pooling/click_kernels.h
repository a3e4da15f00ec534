// The loops of traditional attention: a click's exact terms in a user's sums, and what is read off.
//
// Computes: docs/formats.md, "Traditional attention"; the machine's best set of scorer/simd does it
// Shapes:   x, values and u [d]; any d
// Errors:   none
// Cost:     those of int128 take some three times as long as those of int64
// Oracle:   tests/unit/scorer/click_kernels_test.cc
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "scorer/pooling/pool_grid.h"

namespace freshet::scorer {

// rte(value) of any value that the grid's sums hold.
void add_rounded(double value, std::int64_t* sum);
void add_rounded(double value, Int128* sum);

// values[c] += rte(x_in[c] * in) - rte(x_out[c] * out).
void swap_terms(const float* x_in, double in, const float* x_out, double out,
                std::span<std::int64_t> values);
void swap_terms(const float* x_in, double in, const float* x_out, double out,
                std::span<Int128> values);

// A weight for each channel: values[c] += rte((weights[c] * x[c]) * scale).
void add_products(std::span<const double> weights, const float* x, double scale,
                  std::span<std::int64_t> values);
void add_products(std::span<const double> weights, const float* x, double scale,
                  std::span<Int128> values);

// sums[c] += rte(weights[c] * scale).
void add_channel_weights(std::span<const double> weights, double scale,
                         std::span<std::int64_t> sums);
void add_channel_weights(std::span<const double> weights, double scale, std::span<Int128> sums);

// u[c] = the float of (double(values[c]) / double(weight)) * unit, the weight being one for all or
// weights[c]. Requires weights that are not 0.
void write_quotients(std::span<const std::int64_t> values, std::span<const std::int64_t> weights,
                     double unit, std::span<float> u);
void write_quotients(std::span<const Int128> values, std::span<const Int128> weights, double unit,
                     std::span<float> u);

}  // namespace freshet::scorer
