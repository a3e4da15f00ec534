#include "pipeline/generate/draws.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

constexpr double kLn2 = 0x1.62e42fefa39efp-1;
constexpr double kSqrt2 = 0x1.6a09e667f3bcdp+0;
constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;
constexpr std::uint64_t kExponentOfOne = std::uint64_t{1023} << 52;

}  // namespace

// x = m 2^e with m in [1/sqrt 2, sqrt 2), and ln m = 2 artanh z with z = (m - 1) / (m + 1), whose
// series ends at |z|^21 < 1e-16.
double fixed_log(double x) {
  FRESHET_CHECK(x >= 0x1.0p-1022);
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<double>(static_cast<std::int64_t>(bits >> 52) - 1023);
  double m = std::bit_cast<double>((bits & kMantissa) | kExponentOfOne);
  if (m >= kSqrt2) {
    m *= 0.5;
    exponent += 1.0;
  }
  const double z = (m - 1.0) / (m + 1.0);
  const double square = z * z;
  double series = 0.0;
  for (int power = 21; power >= 1; power -= 2) series = series * square + 1.0 / power;
  return exponent * kLn2 + 2.0 * z * series;
}

double exponential(double mean, Random* random) { return -mean * fixed_log(1.0 - random->unit()); }

double normal(Random* random) {
  double sum = -6.0;
  for (int i = 0; i < 12; ++i) sum += random->unit();
  return sum;
}

std::size_t draw_cumulative(std::span<const double> cumulative, Random* random) {
  const double at = random->unit() * cumulative.back();
  const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), at);
  // Rounding may carry the product to the very end.
  const auto last = static_cast<std::ptrdiff_t>(cumulative.size()) - 1;
  return static_cast<std::size_t>(std::min(found - cumulative.begin(), last));
}

ZipfDraw::ZipfDraw(std::span<const std::size_t> ranks) {
  FRESHET_CHECK(!ranks.empty());
  double sum = 0.0;
  for (const std::size_t rank : ranks) {
    FRESHET_CHECK(rank > 0);
    sum += 1.0 / static_cast<double>(rank);
    cumulative_.push_back(sum);
  }
}

double dot(const Latent& a, const Latent& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < kLatentDim; ++i) sum += a[i] * b[i];
  return sum;
}

Latent unit_length(const Latent& a) {
  const double length = std::sqrt(dot(a, a));
  Latent out;
  for (std::size_t i = 0; i < kLatentDim; ++i) out[i] = a[i] / length;
  return out;
}

Latent random_direction(Random* random) {
  Latent direction;
  for (double& value : direction) value = normal(random);
  return unit_length(direction);
}

Latent blended(double scale_a, const Latent& a, double scale_b, const Latent& b) {
  Latent sum;
  for (std::size_t i = 0; i < kLatentDim; ++i) sum[i] = scale_a * a[i] + scale_b * b[i];
  return unit_length(sum);
}

}  // namespace freshet::pipeline
