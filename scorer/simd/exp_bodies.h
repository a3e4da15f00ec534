// exp64, tanh64 and the weights of attention, for any set of lanes (lanes.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "scorer/simd/exp_constants.h"
#include "scorer/simd/lanes.h"

namespace freshet::scorer::simd {

template <class L>
struct ExpBodies {
  using D8 = typename L::D8;

  template <std::size_t kCount>
  FRESHET_SIMD_INLINE static D8 horner(const double (&coefficients)[kCount], D8 x) {
    D8 value = L::broadcast(coefficients[kCount - 1]);
#pragma GCC unroll 16
    for (std::size_t n = 2; n <= kCount; ++n) {
      value = L::fma(value, x, L::broadcast(coefficients[kCount - n]));
    }
    return value;
  }

  // exp64 of values in [-708, 709]; anything else gives some number.
  FRESHET_SIMD_INLINE static D8 exp_in_range(D8 y) {
    // Adding the rounder rounds to the nearest integer and leaves it in the low bits of the sum.
    const D8 rounded = L::add(L::mul(y, L::broadcast(kLog2E)), L::broadcast(kRounder));
    const D8 k = L::sub(rounded, L::broadcast(kRounder));
    D8 f = L::fma(k, L::broadcast(-kLn2High), y);
    f = L::fma(k, L::broadcast(-kLn2Low), f);
    const auto exponent = L::sub(L::bits(rounded), L::broadcast(kRounderBits - 1023));
    return L::mul(horner(kInverseFactorial, f), L::as_double(L::shift_to_exponent(exponent)));
  }

  FRESHET_SIMD_INLINE static D8 exp(D8 y) {
    const D8 zero = L::broadcast(0.0);
    const D8 least = L::broadcast(kArgumentMin);
    const D8 most = L::broadcast(kArgumentMax);
    // Both keep NaN, whose exponential is some number times NaN.
    const D8 cut = L::if_less(most, y, most, L::if_less(y, least, least, y));
    const D8 value = L::if_less(y, least, zero, exp_in_range(cut));
    return L::if_less(most, y, L::broadcast(__builtin_inf()), value);
  }

  static void exp_each(double* values, std::size_t n) {
    for_blocks<L, 8>(
        n, [&](std::size_t i, auto part) __attribute__((always_inline)) {
          L::store(values + i, exp(L::load(values + i, part)), part);
        });
  }

  static void tanh_each(double* values, std::size_t n) {
    const D8 one = L::broadcast(1.0);
    for_blocks<L, 8>(
        n, [&](std::size_t i, auto part) __attribute__((always_inline)) {
          const D8 z = L::load(values + i, part);
          const D8 size = L::absolute(z);
          const D8 series = L::mul(z, horner(kTanhSeries, L::mul(z, z)));
          const D8 e = exp(L::mul(L::broadcast(-2.0), size));
          const D8 quotient = L::div(L::sub(one, e), L::add(one, e));
          L::store(
              values + i,
              L::if_less(size, L::broadcast(kTanhSeriesEnd), series, L::with_sign(quotient, z)),
              part);
        });
  }

  static void weigh(const double* shifts, double* scores, std::size_t n) {
    const D8 zero = L::broadcast(0.0);
    for_blocks<L, 8>(
        n, [&](std::size_t i, auto part) __attribute__((always_inline)) {
          const D8 shifted = L::sub(L::load(scores + i, part), L::load(shifts + i, part));
          // -708 stands for every score whose weight is 0: its exponential is less than half of the
          // smallest float.
          const D8 y =
              L::if_less(shifted, L::broadcast(kWeightlessBelow), L::broadcast(kArgumentMin),
                         L::if_less(zero, shifted, zero, shifted));
          L::store(scores + i, L::rounded_to_float(exp_in_range(y)), part);
        });
  }
};

}  // namespace freshet::scorer::simd
