#include "scorer/exp64.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace freshet::scorer {
namespace {

constexpr double kArgumentMin = -708.0;
constexpr double kArgumentMax = 709.0;
constexpr double kLog2E = 0x1.71547652b82fep+0;
// ln 2 in two parts; the upper one has 21 trailing zero bits, so k * kLn2High is exact.
constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

// 1 / n!, each the nearest double: the divisions are exact up to one rounding.
constexpr std::array<double, 14> kInverseFactorial = {
    1.0,
    1.0,
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5040.0,
    1.0 / 40320.0,
    1.0 / 362880.0,
    1.0 / 3628800.0,
    1.0 / 39916800.0,
    1.0 / 479001600.0,
    1.0 / 6227020800.0,
};

constexpr double kTanhSeriesEnd = 0.125;
// The coefficients of z, z^3, ..., z^15 in the Taylor series of tanh.
constexpr std::array<double, 8> kTanhSeries = {
    1.0,           -1.0 / 3.0,         2.0 / 15.0,          -17.0 / 315.0,
    62.0 / 2835.0, -1382.0 / 155925.0, 21844.0 / 6081075.0, -929569.0 / 638512875.0,
};

template <std::size_t kCount>
double horner(const std::array<double, kCount>& coefficients, double x) {
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
  if (y < kArgumentMin) return 0.0;
  if (y > kArgumentMax) return std::numeric_limits<double>::infinity();
  const double k = std::nearbyint(y * kLog2E);
  double f = std::fma(k, -kLn2High, y);
  f = std::fma(k, -kLn2Low, f);
  return horner(kInverseFactorial, f) * power_of_two(static_cast<std::int64_t>(k));
}

void exp64_each(std::span<double> values) {
  for (double& value : values) {
    // Adding this rounds to the nearest integer and leaves it in the low bits of the sum.
    constexpr double kRounder = 0x1.8p+52;
    const double rounded = value * kLog2E + kRounder;
    const double k = rounded - kRounder;
    double f = std::fma(k, -kLn2High, value);
    f = std::fma(k, -kLn2Low, f);
    const auto exponent =
        std::bit_cast<std::uint64_t>(rounded) - std::bit_cast<std::uint64_t>(kRounder) + 1023;
    value = horner(kInverseFactorial, f) * std::bit_cast<double>(exponent << 52);
  }
}

double tanh64(double z) {
  if (std::isnan(z)) return z;
  if (std::fabs(z) < kTanhSeriesEnd) return z * horner(kTanhSeries, z * z);
  const double e = exp64(-2.0 * std::fabs(z));
  return std::copysign((1.0 - e) / (1.0 + e), z);
}

double sigmoid64(double x) {
  if (x >= 0.0) return 1.0 / (1.0 + exp64(-x));
  const double e = exp64(x);
  return e / (1.0 + e);
}

}  // namespace freshet::scorer
