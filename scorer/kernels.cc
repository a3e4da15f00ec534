#include "scorer/kernels.h"

#include "common/check.h"
#include "scorer/exp64.h"
#include "scorer/simd/kernel_set.h"

namespace freshet::scorer {
namespace {

template <class T>
simd::DenseRows<T> job_of(std::span<const T* const> x, std::size_t in, const DenseWeights<T>& layer,
                          std::span<T> y, std::span<const T* const> next) {
  const std::size_t out = x.empty() ? 0 : y.size() / x.size();
  FRESHET_CHECK(y.size() == x.size() * out && (x.empty() || layer.wt.size() == in * out));
  FRESHET_CHECK(layer.bias.empty() || x.empty() || layer.bias.size() == out);
  return {.x = x.data(),
          .rows = x.size(),
          .in = in,
          .wt = layer.wt.data(),
          .bias = layer.bias.empty() ? nullptr : layer.bias.data(),
          .out = out,
          .y = y.data(),
          .relu = layer.relu,
          .next = next.data(),
          .next_rows = next.size()};
}

void relu(std::span<double> values) {
  for (double& value : values) value = value < 0.0 ? 0.0 : value;
}

}  // namespace

float fixed_dot(std::span<const float> a, std::span<const float> b) {
  FRESHET_CHECK(a.size() == b.size());
  const float* const row = a.data();
  float dot = 0.0F;
  simd::kernels().dots(&row, 1, b.data(), b.size(), &dot);
  return dot;
}

void fixed_dots(std::span<const float* const> rows, std::span<const float> b,
                std::span<float> dots) {
  FRESHET_CHECK(rows.size() == dots.size());
  simd::kernels().dots(rows.data(), rows.size(), b.data(), b.size(), dots.data());
}

void dense(std::span<const float> x, std::span<const float> wt, std::span<const float> bias,
           std::span<float> y) {
  FRESHET_CHECK(bias.size() == y.size());
  const float* const row = x.data();
  dense_rows({&row, 1}, x.size(), {wt, bias}, y);
}

void dense(std::span<const double> x, std::span<const double> wt, std::span<const double> bias,
           std::span<double> y) {
  FRESHET_CHECK(bias.size() == y.size());
  const double* const row = x.data();
  dense_rows({&row, 1}, x.size(), {wt, bias}, y);
}

void dense_rows(std::span<const float* const> x, std::size_t in, const DenseWeights<float>& layer,
                std::span<float> y, std::span<const float* const> next) {
  simd::kernels().dense_rows(job_of(x, in, layer, y, next));
}

void dense_rows(std::span<const double* const> x, std::size_t in, const DenseWeights<double>& layer,
                std::span<double> y) {
  simd::kernels().dense_rows64(job_of<double>(x, in, layer, y, {}));
}

void activate(Activation activation, std::span<double> values) {
  switch (activation) {
    case Activation::kNone:
      return;
    case Activation::kRelu:
      relu(values);
      return;
    case Activation::kTanh:
      tanh64_each(values);
      return;
  }
}

template <class T>
AlignedVector<T> transposed(const Matrix& weight) {
  AlignedVector<T> result(weight.data.size());
  for (std::size_t j = 0; j < weight.rows; ++j) {
    for (std::size_t i = 0; i < weight.cols; ++i) result[i * weight.rows + j] = weight.at(j, i);
  }
  return result;
}

template AlignedVector<float> transposed<float>(const Matrix&);
template AlignedVector<double> transposed<double>(const Matrix&);

}  // namespace freshet::scorer
