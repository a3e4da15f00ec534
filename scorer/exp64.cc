#include "scorer/exp64.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "scorer/simd/exp_constants.h"
#include "scorer/simd/kernel_set.h"

namespace freshet::scorer {
namespace {

template <std::size_t kCount>
double horner(const double (&coefficients)[kCount], double x) {
  double value = coefficients[kCount - 1];
  for (std::size_t n = kCount - 1; n-- > 0;) value = std::fma(value, x, coefficients[n]);
  return value;
}

double power_of_two(std::int64_t exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

}  // namespace

double exp64(double y) {
  if (std::isnan(y)) return y;
  if (y < simd::kArgumentMin) return 0.0;
  if (y > simd::kArgumentMax) return std::numeric_limits<double>::infinity();
  const double k = std::nearbyint(y * simd::kLog2E);
  double f = std::fma(k, -simd::kLn2High, y);
  f = std::fma(k, -simd::kLn2Low, f);
  return horner(simd::kInverseFactorial, f) * power_of_two(static_cast<std::int64_t>(k));
}

void exp64_each(std::span<double> values) {
  simd::kernels().exp_each(values.data(), values.size());
}

void tanh64_each(std::span<double> values) {
  simd::kernels().tanh_each(values.data(), values.size());
}

double tanh64(double z) {
  if (std::isnan(z)) return z;
  if (std::fabs(z) < simd::kTanhSeriesEnd) return z * horner(simd::kTanhSeries, z * z);
  const double e = exp64(-2.0 * std::fabs(z));
  return std::copysign((1.0 - e) / (1.0 + e), z);
}

double sigmoid64(double x) {
  if (x >= 0.0) return 1.0 / (1.0 + exp64(-x));
  const double e = exp64(x);
  return e / (1.0 + e);
}

}  // namespace freshet::scorer
