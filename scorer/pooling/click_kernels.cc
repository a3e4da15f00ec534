#include "scorer/pooling/click_kernels.h"

#include <cmath>

#include "common/check.h"
#include "scorer/pooling/round_wide.h"
#include "scorer/simd/kernel_set.h"

namespace freshet::scorer {

void add_rounded(double value, std::int64_t* sum) {
  *sum += static_cast<std::int64_t>(std::nearbyint(value));
}

void add_rounded(double value, Int128* sum) { *sum += round_wide(value); }

void swap_terms(const float* x_in, double in, const float* x_out, double out,
                std::span<std::int64_t> values) {
  simd::kernels().swap_terms(x_in, in, x_out, out, values.size(), values.data());
}

void swap_terms(const float* x_in, double in, const float* x_out, double out,
                std::span<Int128> values) {
  simd::kernels().swap_terms128(x_in, in, x_out, out, values.size(), values.data());
}

void add_products(std::span<const double> weights, const float* x, double scale,
                  std::span<std::int64_t> values) {
  FRESHET_CHECK(weights.size() == values.size());
  simd::kernels().add_products(weights.data(), x, scale, values.size(), values.data());
}

void add_products(std::span<const double> weights, const float* x, double scale,
                  std::span<Int128> values) {
  FRESHET_CHECK(weights.size() == values.size());
  simd::kernels().add_products128(weights.data(), x, scale, values.size(), values.data());
}

void add_channel_weights(std::span<const double> weights, double scale,
                         std::span<std::int64_t> sums) {
  FRESHET_CHECK(weights.size() == sums.size());
  simd::kernels().add_weights(weights.data(), scale, sums.size(), sums.data());
}

void add_channel_weights(std::span<const double> weights, double scale, std::span<Int128> sums) {
  FRESHET_CHECK(weights.size() == sums.size());
  simd::kernels().add_weights128(weights.data(), scale, sums.size(), sums.data());
}

void write_quotients(std::span<const std::int64_t> values, std::span<const std::int64_t> weights,
                     double unit, std::span<float> u) {
  FRESHET_CHECK(u.size() == values.size());
  const simd::KernelSet& kernels = simd::kernels();
  if (weights.size() == 1) {
    kernels.quotients(values.data(), weights[0], unit, u.size(), u.data());
  } else {
    FRESHET_CHECK(weights.size() == u.size());
    kernels.channel_quotients(values.data(), weights.data(), unit, u.size(), u.data());
  }
}

void write_quotients(std::span<const Int128> values, std::span<const Int128> weights, double unit,
                     std::span<float> u) {
  FRESHET_CHECK(u.size() == values.size());
  const simd::KernelSet& kernels = simd::kernels();
  if (weights.size() == 1) {
    kernels.quotients128(values.data(), weights[0], unit, u.size(), u.data());
  } else {
    FRESHET_CHECK(weights.size() == u.size());
    kernels.channel_quotients128(values.data(), weights.data(), unit, u.size(), u.data());
  }
}

}  // namespace freshet::scorer
