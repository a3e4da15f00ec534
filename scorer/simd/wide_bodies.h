// The kernels of 128-bit sums, for any set of lanes (lanes.h).
//
// A term is rounded in two halves (round_wide.h): the integer is high 2^50 + low, where high is the
// nearest integer of the value / 2^50 and what is left rounds once. Halves add up as 64-bit
// integers, and only the sum of all goes into the 128-bit one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scorer/simd/exp_constants.h"
#include "scorer/simd/int128.h"
#include "scorer/simd/kernel_set.h"
#include "scorer/simd/lanes.h"

namespace freshet::scorer::simd {

template <class L>
struct WideBodies {
  using D8 = typename L::D8;
  using I8 = typename L::I8;
  using W8 = typename L::W8;

  static constexpr double kHalf = 0x1p-50;

  struct Halves {
    I8 high;
    I8 low;
  };

  // Of the value whose 2^-50th is `value`, which is exact, as is what high leaves of it. Its low
  // half carries kRounderBits.
  FRESHET_SIMD_INLINE static Halves biased_halves(D8 value) {
    const I8 high = L::rounded(value);
    const D8 left = L::sub(value, L::to_double(high));
    return {high, L::bits(L::fma(left, L::broadcast(0x1p+50), L::broadcast(kRounder)))};
  }
  FRESHET_SIMD_INLINE static Halves halves(D8 value) {
    const Halves biased = biased_halves(value);
    return {biased.high, L::sub(biased.low, L::broadcast(kRounderBits))};
  }
  FRESHET_SIMD_INLINE static Halves difference(D8 in, D8 out) {
    const Halves a = biased_halves(in);
    const Halves b = biased_halves(out);
    return {L::sub(a.high, b.high), L::sub(a.low, b.low)};
  }
  FRESHET_SIMD_INLINE static W8 plus(const W8& v, const Halves& halves) {
    return L::add_halves(v, halves.high, halves.low);
  }

  static void swap_weights(const SwapWeights<Int128>& job) {
    const D8 scale = L::broadcast(job.scale * kHalf);
    const D8 half = L::broadcast(0.5 * job.scale);
    for_blocks<L, 8>(
        job.rows, [&](std::size_t r, auto part) __attribute__((always_inline)) {
          const W8 weights = plus(L::load(job.weights + r, part),
                                  difference(L::mul(L::load(job.in + r, part), scale),
                                             L::mul(L::load(job.out + r, part), scale)));
          L::store(job.weights + r, weights, part);
          L::store(job.shares + r, L::div(half, L::to_double(weights)), part);
        });
  }

  // One block of columns of all rows: what the rows share stays in registers.
  static void swap_values(const SwapValues<Int128>& job) {
    for_blocks<L, 8>(
        job.dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const D8 unit = L::broadcast(kHalf);
          const D8 x_in = L::mul(L::load_floats(job.x_in + c, part), unit);
          const D8 x_out = L::mul(L::load_floats(job.x_out + c, part), unit);
          Halves total{L::broadcast(std::int64_t{0}), L::broadcast(std::int64_t{0})};
          // Copies, which the stores cannot change.
          const SwapValues<Int128> rows = job;
          Int128* values = rows.values + c;
          for (std::size_t r = 0; r < rows.rows; ++r, values += rows.dim) {
            const D8 in = L::broadcast(rows.in[r]);
            const D8 out = L::broadcast(rows.out[r]);
            const W8 value =
                plus(L::load(values, part), difference(L::mul(x_in, in), L::mul(x_out, out)));
            L::store(values, value, part);
            const D8 share = L::broadcast(rows.shares[r] * kHalf);
            const Halves term = halves(L::mul(L::to_double(value), share));
            total = {L::add(total.high, term.high), L::add(total.low, term.low)};
          }
          L::store(rows.total + c, plus(L::load(rows.total + c, part), total), part);
        });
  }

  static void add_terms(const float* const* x, const double* scale, std::size_t count,
                        std::size_t dim, Int128* sum) {
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          Halves total{L::broadcast(std::int64_t{0}), L::broadcast(std::int64_t{0})};
          for (std::size_t k = 0; k < count; ++k) {
            const D8 by = L::broadcast(scale[k] * kHalf);
            const Halves term = halves(L::mul(L::load_floats(x[k] + c, part), by));
            total = {L::add(total.high, term.high), L::add(total.low, term.low)};
          }
          L::store(sum + c, plus(L::load(sum + c, part), total), part);
        });
  }

  static void swap_terms(const float* x_in, double in, const float* x_out, double out,
                         std::size_t dim, Int128* sum) {
    const D8 by_in = L::broadcast(in * kHalf);
    const D8 by_out = L::broadcast(out * kHalf);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const Halves term = difference(L::mul(L::load_floats(x_in + c, part), by_in),
                                         L::mul(L::load_floats(x_out + c, part), by_out));
          L::store(sum + c, plus(L::load(sum + c, part), term), part);
        });
  }

  static void add_products(const double* weights, const float* x, double scale, std::size_t dim,
                           Int128* sum) {
    const D8 by = L::broadcast(scale * kHalf);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const D8 product = L::mul(L::load(weights + c, part), L::load_floats(x + c, part));
          const Halves term = halves(L::mul(product, by));
          L::store(sum + c, plus(L::load(sum + c, part), term), part);
        });
  }

  static void add_weights(const double* weights, double scale, std::size_t dim, Int128* sum) {
    const D8 by = L::broadcast(scale * kHalf);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const Halves term = halves(L::mul(L::load(weights + c, part), by));
          L::store(sum + c, plus(L::load(sum + c, part), term), part);
        });
  }

  static void quotients(const Int128* values, Int128 weight, double unit, std::size_t dim,
                        float* u) {
    const auto divisor = static_cast<double>(weight);
    const D8 by = L::broadcast(divisor);
    const D8 reciprocal = L::broadcast(1.0 / divisor);
    const D8 scale = L::broadcast(unit);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const D8 value = L::to_double(L::load(values + c, part));
          L::store_floats(u + c, L::mul(L::quotient(value, by, reciprocal), scale), part);
        });
  }

  static void channel_quotients(const Int128* values, const Int128* weights, double unit,
                                std::size_t dim, float* u) {
    const D8 scale = L::broadcast(unit);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const D8 value = L::to_double(L::load(values + c, part));
          const D8 weight = L::to_double(L::load(weights + c, part));
          L::store_floats(u + c, L::mul(L::div(value, weight), scale), part);
        });
  }

  static void add_row(const Int128* row, double scale, std::size_t dim, Int128* total) {
    const D8 by = L::broadcast(scale * kHalf);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const Halves term = halves(L::mul(L::to_double(L::load(row + c, part)), by));
          L::store(total + c, plus(L::load(total + c, part), term), part);
        });
  }
};

}  // namespace freshet::scorer::simd
