// The arithmetic whose order is promised: dot, dense layer, activations.
//
// Computes: every result is a fixed sequence of IEEE operations, written down in docs/formats.md,
//           "Arithmetic"; the machine's best set of scorer/simd does them.
// Shapes:   stated at each function; any length, nothing assumes a multiple of anything
// Errors:   none; NaN and infinity pass through
// Oracle:   tests/unit/scorer/kernels_test.cc, tests/data/scorer_golden.txt
#pragma once

#include <cstddef>
#include <span>

#include "scorer/aligned_vector.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

// a . b in 16 lanes and a fixed tree. Requires equal sizes.
float fixed_dot(std::span<const float> a, std::span<const float> b);

// dots[r] = rows[r] . b, each as alone. rows[r] points to [b.size()] values.
void fixed_dots(std::span<const float* const> rows, std::span<const float> b,
                std::span<float> dots);

// y[j] = bias[j] + sum_i x[i] * wt[i][j], by fma, i ascending. wt [in, out] is the layer's weight
// transposed, so that the loop over j is contiguous.
void dense(std::span<const float> x, std::span<const float> wt, std::span<const float> bias,
           std::span<float> y);
void dense(std::span<const double> x, std::span<const double> wt, std::span<const double> bias,
           std::span<double> y);

template <class T>
struct DenseWeights {
  std::span<const T> wt;    // [in, out]
  std::span<const T> bias;  // [out]; none is +0
  bool relu = false;        // of each sum; NaN stays, so that a broken weight shows
};

// dense() for several inputs at once: y [x.size(), out]. Each row has the bits that dense() gives
// it alone. x[r] points to [in] values. `next` are the inputs of a call that follows: they are
// fetched from memory meanwhile.
void dense_rows(std::span<const float* const> x, std::size_t in, const DenseWeights<float>& layer,
                std::span<float> y, std::span<const float* const> next = {});
void dense_rows(std::span<const double* const> x, std::size_t in, const DenseWeights<double>& layer,
                std::span<double> y);

// The activation of an attention's layer: none, relu, or tanh64.
void activate(Activation activation, std::span<double> values);

// [out, in] -> [in, out], and widened where T is double.
template <class T>
AlignedVector<T> transposed(const Matrix& weight);

extern template AlignedVector<float> transposed<float>(const Matrix&);
extern template AlignedVector<double> transposed<double>(const Matrix&);

}  // namespace freshet::scorer
