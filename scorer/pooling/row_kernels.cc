#include "scorer/pooling/row_kernels.h"

#include <bit>

#include "common/check.h"
#include "scorer/pooling/round_wide.h"
#include "scorer/simd/exp_constants.h"
#include "scorer/simd/kernel_set.h"

namespace freshet::scorer {
namespace {

template <class Int>
simd::SwapWeights<Int> weights_job(const ClickWeights& weights, double scale, std::span<Int> sum,
                                   std::span<double> share) {
  const std::size_t rows = sum.size();
  FRESHET_CHECK(weights.in.size() == rows && weights.out.size() == rows && share.size() == rows);
  return {.in = weights.in.data(),
          .out = weights.out.data(),
          .rows = rows,
          .scale = scale,
          .weights = sum.data(),
          .shares = share.data()};
}

template <class Int>
simd::SwapValues<Int> values_job(const ClickWeights& scaled, const float* x_in, const float* x_out,
                                 std::span<const double> share, std::span<Int> values,
                                 std::span<Int> total) {
  const std::size_t rows = share.size();
  FRESHET_CHECK(scaled.in.size() == rows && scaled.out.size() == rows &&
                values.size() == rows * total.size());
  return {.x_in = x_in,
          .x_out = x_out,
          .in = scaled.in.data(),
          .out = scaled.out.data(),
          .shares = share.data(),
          .rows = rows,
          .dim = total.size(),
          .values = values.data(),
          .total = total.data()};
}

}  // namespace

void weigh(std::span<const double> shifts, std::span<double> scores) {
  FRESHET_CHECK(shifts.size() == scores.size());
  simd::kernels().weigh(shifts.data(), scores.data(), scores.size());
}

void add_weights(std::span<const double> weights, double scale, std::int64_t* sum) {
  for (const double weight : weights) {
    *sum += std::bit_cast<std::int64_t>(weight * scale + simd::kRounder) - simd::kRounderBits;
  }
}

void add_weights(std::span<const double> weights, double scale, Int128* sum) {
  for (const double weight : weights) *sum += round_wide(weight * scale);
}

void add_terms(std::span<const float* const> x, std::span<const double> scale,
               std::span<std::int64_t> sum) {
  FRESHET_CHECK(x.size() == scale.size());
  simd::kernels().add_terms(x.data(), scale.data(), x.size(), sum.size(), sum.data());
}

void add_terms(std::span<const float* const> x, std::span<const double> scale,
               std::span<Int128> sum) {
  FRESHET_CHECK(x.size() == scale.size());
  simd::kernels().add_terms128(x.data(), scale.data(), x.size(), sum.size(), sum.data());
}

void swap_weights(const ClickWeights& weights, double scale, std::span<std::int64_t> sum,
                  std::span<double> share) {
  simd::kernels().swap_weights(weights_job(weights, scale, sum, share));
}

void swap_weights(const ClickWeights& weights, double scale, std::span<Int128> sum,
                  std::span<double> share) {
  simd::kernels().swap_weights128(weights_job(weights, scale, sum, share));
}

void swap_values(const ClickWeights& scaled, const float* x_in, const float* x_out,
                 std::span<const double> share, std::span<std::int64_t> values,
                 std::span<std::int64_t> total) {
  simd::kernels().swap_values(values_job(scaled, x_in, x_out, share, values, total));
}

void swap_values(const ClickWeights& scaled, const float* x_in, const float* x_out,
                 std::span<const double> share, std::span<Int128> values, std::span<Int128> total) {
  simd::kernels().swap_values128(values_job(scaled, x_in, x_out, share, values, total));
}

void add_row(std::span<const std::int64_t> row, double scale, std::span<std::int64_t> total) {
  FRESHET_CHECK(row.size() == total.size());
  simd::kernels().add_row(row.data(), scale, total.size(), total.data());
}

void add_row(std::span<const Int128> row, double scale, std::span<Int128> total) {
  FRESHET_CHECK(row.size() == total.size());
  simd::kernels().add_row128(row.data(), scale, total.size(), total.data());
}

}  // namespace freshet::scorer
