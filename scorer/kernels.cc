#include "scorer/kernels.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/check.h"
#include "scorer/exp64.h"

namespace freshet::scorer {
namespace {

constexpr std::size_t kLanes = 16;
// Rows and columns of one tile of dense_rows: what the compiler keeps in registers.
constexpr std::size_t kTileRows = 4;
constexpr std::size_t kTileCols = 16;

// Unrolled whole, or the compiler keeps the sums in memory and takes three times as long.
template <std::size_t kRows>
void dense_tile(const float* const* x, std::size_t in, const float* wt, const float* bias,
                std::size_t out, float* y) {
  float sum[kRows][kTileCols];
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t c = 0; c < kTileCols; ++c) sum[r][c] = bias[c];
  }
  for (std::size_t i = 0; i < in; ++i) {
    const float* weights = wt + i * out;
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      const float value = x[r][i];
#pragma GCC unroll 16
      for (std::size_t c = 0; c < kTileCols; ++c) {
        sum[r][c] = std::fma(value, weights[c], sum[r][c]);
      }
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t c = 0; c < kTileCols; ++c) y[r * out + c] = sum[r][c];
  }
}

// The columns [first, out) of one row.
template <class T>
void dense_columns(const T* x, std::size_t in, const T* wt, const T* bias, std::size_t first,
                   std::size_t out, T* y) {
  for (std::size_t j = first; j < out; ++j) y[j] = bias[j];
  for (std::size_t i = 0; i < in; ++i) {
    const T value = x[i];
    const T* weights = wt + i * out;
    for (std::size_t j = first; j < out; ++j) y[j] = std::fma(value, weights[j], y[j]);
  }
}

template <class T>
void relu_of(std::span<T> values) {
  for (T& value : values) value = value < T{0} ? T{0} : value;
}

}  // namespace

float fixed_dot(std::span<const float> a, std::span<const float> b) {
  FRESHET_CHECK(a.size() == b.size());
  std::array<float, kLanes> lane{};
  const std::size_t whole = a.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t j = 0; j < kLanes; ++j) lane[j] = std::fma(a[i + j], b[i + j], lane[j]);
  }
  for (std::size_t i = whole; i < a.size(); ++i) {
    lane[i - whole] = std::fma(a[i], b[i], lane[i - whole]);
  }
  for (std::size_t width = kLanes / 2; width > 0; width /= 2) {
    for (std::size_t j = 0; j < width; ++j) lane[j] = lane[j] + lane[j + width];
  }
  return lane[0];
}

template <class T>
void dense(std::span<const T> x, std::span<const T> wt, std::span<const T> bias, std::span<T> y) {
  FRESHET_CHECK(bias.size() == y.size() && wt.size() == x.size() * y.size());
  dense_columns(x.data(), x.size(), wt.data(), bias.data(), 0, y.size(), y.data());
}

template void dense<float>(std::span<const float>, std::span<const float>, std::span<const float>,
                           std::span<float>);
template void dense<double>(std::span<const double>, std::span<const double>,
                            std::span<const double>, std::span<double>);

void dense_rows(std::span<const float* const> x, std::size_t in, std::span<const float> wt,
                std::span<const float> bias, std::span<float> y) {
  const std::size_t out = bias.size();
  FRESHET_CHECK(wt.size() == in * out && y.size() == x.size() * out);
  const std::size_t tiled = out / kTileCols * kTileCols;
  std::size_t r = 0;
  for (; r + kTileRows <= x.size(); r += kTileRows) {
    for (std::size_t j = 0; j < tiled; j += kTileCols) {
      dense_tile<kTileRows>(&x[r], in, &wt[j], &bias[j], out, &y[r * out + j]);
    }
  }
  for (; r < x.size(); ++r) {
    for (std::size_t j = 0; j < tiled; j += kTileCols) {
      dense_tile<1>(&x[r], in, &wt[j], &bias[j], out, &y[r * out + j]);
    }
  }
  if (tiled == out) return;
  for (r = 0; r < x.size(); ++r) {
    dense_columns(x[r], in, wt.data(), bias.data(), tiled, out, &y[r * out]);
  }
}

void relu(std::span<float> values) { relu_of(values); }
void relu(std::span<double> values) { relu_of(values); }

void activate(Activation activation, std::span<double> values) {
  switch (activation) {
    case Activation::kNone:
      return;
    case Activation::kRelu:
      relu(values);
      return;
    case Activation::kTanh:
      for (double& value : values) value = tanh64(value);
      return;
  }
}

template <class T>
std::vector<T> transposed(const Matrix& weight) {
  std::vector<T> result(weight.data.size());
  for (std::size_t j = 0; j < weight.rows; ++j) {
    for (std::size_t i = 0; i < weight.cols; ++i) result[i * weight.rows + j] = weight.at(j, i);
  }
  return result;
}

template std::vector<float> transposed<float>(const Matrix&);
template std::vector<double> transposed<double>(const Matrix&);

}  // namespace freshet::scorer
