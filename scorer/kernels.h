// The arithmetic whose order is promised: dot, dense layer, activations.
//
// Computes: every result is a fixed sequence of IEEE operations, written down in docs/formats.md,
//           "Arithmetic". Vector code may take their place only with the same bits.
// Shapes:   stated at each function; any length, nothing assumes a multiple of anything
// Errors:   none; NaN and infinity pass through
// Oracle:   tests/unit/scorer/kernels_test.cc, tests/data/scorer_golden.txt
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "scorer/model.h"

namespace freshet::scorer {

// a . b in 16 lanes and a fixed tree. Requires equal sizes.
float fixed_dot(std::span<const float> a, std::span<const float> b);

// y[j] = bias[j] + sum_i x[i] * wt[i][j], by fma, i ascending. wt [in, out] is the layer's weight
// transposed, so that the loop over j is contiguous. T is float or double.
template <class T>
void dense(std::span<const T> x, std::span<const T> wt, std::span<const T> bias, std::span<T> y);

extern template void dense<float>(std::span<const float>, std::span<const float>,
                                  std::span<const float>, std::span<float>);
extern template void dense<double>(std::span<const double>, std::span<const double>,
                                   std::span<const double>, std::span<double>);

// dense() for several inputs at once: y [x.size(), bias.size()]. Each row has the bits that dense()
// gives it alone. x[r] points to [in] values.
void dense_rows(std::span<const float* const> x, std::size_t in, std::span<const float> wt,
                std::span<const float> bias, std::span<float> y);

// v < 0 gives 0 and NaN stays NaN, so that a broken weight is seen in the logit.
void relu(std::span<float> values);
void relu(std::span<double> values);

// The activation of an attention's layer: none, relu, or tanh64.
void activate(Activation activation, std::span<double> values);

// [out, in] -> [in, out], and widened where T is double.
template <class T>
std::vector<T> transposed(const Matrix& weight);

extern template std::vector<float> transposed<float>(const Matrix&);
extern template std::vector<double> transposed<double>(const Matrix&);

}  // namespace freshet::scorer
