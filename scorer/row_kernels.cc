#include "scorer/row_kernels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "common/check.h"
#include "scorer/exp64.h"

namespace freshet::scorer {
namespace {

constexpr std::size_t kDotLanes = 8;
constexpr double kExponentOfZero = -708.0;
// Adding this rounds a double within 2^51 to the nearest integer, ties to even, and leaves the
// integer in the low bits of the sum.
constexpr double kRounder = 0x1.8p+52;
constexpr std::int64_t kRounderBits = std::bit_cast<std::int64_t>(kRounder);

std::int64_t bits(double value) { return std::bit_cast<std::int64_t>(value); }

// double(value), correctly rounded, in operations that AVX2 has: the high half as a multiple of
// 2^32 is exact, and so is the low half; their sum rounds once.
double to_double(std::int64_t value) {
  constexpr std::uint64_t kLowExponent = 0x4330000000000000;   // 2^52
  constexpr std::uint64_t kHighExponent = 0x4530000080000000;  // 2^84 + 2^63
  constexpr double kBoth = 0x1p+84 + 0x1p+63 + 0x1p+52;
  const auto raw = static_cast<std::uint64_t>(value);
  const double low = std::bit_cast<double>((raw & 0xFFFFFFFF) | kLowExponent);
  const double high = std::bit_cast<double>((raw >> 32) ^ kHighExponent);
  return (high - kBoth) + low;
}

double tree_sum(std::array<double, kDotLanes>& lane) {
  for (std::size_t width = kDotLanes / 2; width > 0; width /= 2) {
    for (std::size_t j = 0; j < width; ++j) lane[j] = lane[j] + lane[j + width];
  }
  return lane[0];
}

// What exp64 is taken of. -708 stands for every score whose weight is 0: its exponential is less
// than half of the smallest float.
double exponent_of(double score, double shift) {
  const double shifted = score - shift;
  return shifted < kExponentMin ? kExponentOfZero : std::min(shifted, 0.0);
}

void to_weights(std::span<double> exponents) {
  exp64_each(exponents);
  for (double& value : exponents) value = double{static_cast<float>(value)};
}

// Rounds to nearest even in two halves of 64 bits, as the compiler's own conversion takes tens of
// nanoseconds: the upper one is a multiple of 2^50, the rest is exact and rounds once.
Int128 round_wide(double value) {
  const double high = std::nearbyint(value * 0x1p-50);
  const double low = std::nearbyint(std::fma(high, -0x1p+50, value));
  return (Int128{static_cast<std::int64_t>(high)} << 50) + static_cast<std::int64_t>(low);
}

}  // namespace

double fixed_dot64(std::span<const double> a, std::span<const double> b) {
  FRESHET_CHECK(a.size() == b.size());
  std::array<double, kDotLanes> lane{};
  const std::size_t whole = a.size() / kDotLanes * kDotLanes;
  for (std::size_t i = 0; i < whole; i += kDotLanes) {
    for (std::size_t j = 0; j < kDotLanes; ++j) lane[j] = std::fma(a[i + j], b[i + j], lane[j]);
  }
  for (std::size_t i = whole; i < a.size(); ++i) {
    lane[i - whole] = std::fma(a[i], b[i], lane[i - whole]);
  }
  return tree_sum(lane);
}

double additive_score(std::span<const double> exp_q, std::span<const double> exp_k,
                      std::span<const double> v) {
  FRESHET_CHECK(exp_q.size() == v.size() && exp_k.size() == v.size());
  std::array<double, kDotLanes> lane{};
  const auto term = [&](std::size_t i, double sum) {
    return std::fma(v[i], 1.0 - 2.0 / std::fma(exp_q[i], exp_k[i], 1.0), sum);
  };
  const std::size_t whole = v.size() / kDotLanes * kDotLanes;
  for (std::size_t i = 0; i < whole; i += kDotLanes) {
    for (std::size_t j = 0; j < kDotLanes; ++j) lane[j] = term(i + j, lane[j]);
  }
  for (std::size_t i = whole; i < v.size(); ++i) lane[i - whole] = term(i, lane[i - whole]);
  return tree_sum(lane);
}

void weigh(std::span<const std::int32_t> buckets, std::span<double> scores) {
  FRESHET_CHECK(buckets.size() == scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = exponent_of(scores[i], kShiftStep * static_cast<double>(buckets[i]));
  }
  to_weights(scores);
}

void weigh(std::int32_t bucket, std::span<double> scores) {
  const double shift = kShiftStep * static_cast<double>(bucket);
  for (double& score : scores) score = exponent_of(score, shift);
  to_weights(scores);
}

void add_term(std::span<const float> x, double scale, std::span<std::int64_t> sum) {
  FRESHET_CHECK(x.size() == sum.size());
  for (std::size_t c = 0; c < sum.size(); ++c) {
    sum[c] += bits(double{x[c]} * scale + kRounder) - kRounderBits;
  }
}

void add_terms(std::span<const float* const, kTerms> x, std::span<const double, kTerms> scale,
               std::span<std::int64_t> sum) {
  static_assert(kTerms == 4);
  const float* const x0 = x[0];
  const float* const x1 = x[1];
  const float* const x2 = x[2];
  const float* const x3 = x[3];
  const double s0 = scale[0];
  const double s1 = scale[1];
  const double s2 = scale[2];
  const double s3 = scale[3];
  std::int64_t* const out = sum.data();
  // Unsigned: the bits of four doubles add up to more than int64 holds on the way.
  const auto term = [](float value, double by) {
    return static_cast<std::uint64_t>(bits(double{value} * by + kRounder));
  };
  constexpr std::uint64_t kRounders = kTerms * static_cast<std::uint64_t>(kRounderBits);
  for (std::size_t c = 0; c < sum.size(); ++c) {
    const std::uint64_t terms =
        (term(x0[c], s0) + term(x1[c], s1)) + (term(x2[c], s2) + term(x3[c], s3)) - kRounders;
    out[c] += static_cast<std::int64_t>(terms);
  }
}

void add_terms(std::span<const float* const, kTerms> x, std::span<const double, kTerms> scale,
               std::span<Int128> sum) {
  for (std::size_t k = 0; k < kTerms; ++k) add_term({x[k], sum.size()}, scale[k], sum);
}

void add_term(std::span<const float> x, double scale, std::span<Int128> sum) {
  FRESHET_CHECK(x.size() == sum.size());
  for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += round_wide(double{x[c]} * scale);
}

void swap_term(std::span<const float> x_in, double in, std::span<const float> x_out, double out,
               std::span<std::int64_t> sum) {
  FRESHET_CHECK(x_in.size() == sum.size() && x_out.size() == sum.size());
  for (std::size_t c = 0; c < sum.size(); ++c) {
    sum[c] += bits(double{x_in[c]} * in + kRounder) - bits(double{x_out[c]} * out + kRounder);
  }
}

void swap_term(std::span<const float> x_in, double in, std::span<const float> x_out, double out,
               std::span<Int128> sum) {
  FRESHET_CHECK(x_in.size() == sum.size() && x_out.size() == sum.size());
  for (std::size_t c = 0; c < sum.size(); ++c) {
    sum[c] += round_wide(double{x_in[c]} * in) - round_wide(double{x_out[c]} * out);
  }
}

void add_row(std::span<const std::int64_t> row, double scale, std::span<std::int64_t> total) {
  FRESHET_CHECK(row.size() == total.size());
  for (std::size_t c = 0; c < total.size(); ++c) {
    total[c] += bits(to_double(row[c]) * scale + kRounder) - kRounderBits;
  }
}

void add_row(std::span<const Int128> row, double scale, std::span<Int128> total) {
  FRESHET_CHECK(row.size() == total.size());
  for (std::size_t c = 0; c < total.size(); ++c) {
    total[c] += round_wide(static_cast<double>(row[c]) * scale);
  }
}

}  // namespace freshet::scorer
