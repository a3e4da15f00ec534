// The kernels of self-attention rows, for any set of lanes (lanes.h): scores in double and exact
// integer sums.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scorer/simd/exp_constants.h"
#include "scorer/simd/kernel_set.h"
#include "scorer/simd/lanes.h"

namespace freshet::scorer::simd {

template <class L>
struct RowBodies {
  using D8 = typename L::D8;
  using I8 = typename L::I8;

  // rte(x * scale) and kRounderBits. For a product that is exact in double, as that of two floats
  // and a power of two is: the sum with the rounder is the only rounding, fused or not.
  FRESHET_SIMD_INLINE static I8 rounded_product(D8 x, D8 scale) {
    return L::bits(L::fma(x, scale, L::broadcast(kRounder)));
  }

  // Four rows at a time: their sums do not wait for one another. The lanes behind the last element
  // stay as they are, since -0 + 0 would not.
  template <std::size_t kRows, class Term>
  FRESHET_SIMD_INLINE static void lane_sums(const double* const* rows, std::size_t n, double* sums,
                                            const Term& term) {
    D8 sum[kRows];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) sum[r] = L::broadcast(0.0);
    for_blocks<L, 8>(
        n, [&](std::size_t i, auto part) __attribute__((always_inline)) {
#pragma GCC unroll 8
          for (std::size_t r = 0; r < kRows; ++r) {
            sum[r] = term(i, L::load(rows[r] + i, part), sum[r], part);
          }
        });
    L::tree_sums(sum, sums);
  }

  template <class Term>
  FRESHET_SIMD_INLINE static void all_lane_sums(const double* const* rows, std::size_t count,
                                                std::size_t n, double* sums, const Term& term) {
    std::size_t r = 0;
    for (; r + 4 <= count; r += 4) {
      // The rows lie anywhere in a table: their lines are on the way while others are summed.
      if (r + 8 <= count) {
#pragma GCC unroll 4
        for (std::size_t k = r + 4; k < r + 8; ++k) {
          const char* const bytes = reinterpret_cast<const char*>(rows[k]);
          for (std::size_t b = 0; b < n * sizeof(double); b += 64) __builtin_prefetch(bytes + b);
        }
      }
      lane_sums<4>(rows + r, n, sums + r, term);
    }
    for (; r < count; ++r) lane_sums<1>(rows + r, n, sums + r, term);
  }

  static void dots64(const double* const* rows, std::size_t count, const double* b, std::size_t n,
                     double* dots) {
    all_lane_sums(
        rows, count, n,
        dots, [&](std::size_t i, D8 a, D8 sum, auto part) __attribute__((always_inline)) {
          return L::fma_first(a, L::load(b + i, part), sum, part);
        });
  }

  static void additive_scores(const double* const* rows, std::size_t count, const double* b,
                              const double* v, std::size_t n, double* scores) {
    const D8 one = L::broadcast(1.0);
    const D8 two = L::broadcast(2.0);
    all_lane_sums(
        rows, count, n,
        scores, [&](std::size_t i, D8 a, D8 sum, auto part) __attribute__((always_inline)) {
          const D8 t = L::sub(one, L::div(two, L::fma(a, L::load(b + i, part), one)));
          return L::fma_first(L::load(v + i, part), t, sum, part);
        });
  }

  static void swap_weights(const SwapWeights<std::int64_t>& job) {
    const D8 scale = L::broadcast(job.scale);
    const D8 half = L::broadcast(0.5 * job.scale);
    for_blocks<L, 8>(
        job.rows, [&](std::size_t r, auto part) __attribute__((always_inline)) {
          const I8 in = rounded_product(L::load(job.in + r, part), scale);
          const I8 out = rounded_product(L::load(job.out + r, part), scale);
          const I8 weights = L::add(L::load(job.weights + r, part), L::sub(in, out));
          L::store(job.weights + r, weights, part);
          L::store(job.shares + r, L::div(half, L::to_double(weights)), part);
        });
  }

  // kBlocks blocks of columns of all rows: what the rows share stays in registers.
  template <std::size_t kBlocks, class Last>
  static void swap_columns(const SwapValues<std::int64_t>& job, std::size_t column, Last last) {
    const D8 rounder = L::broadcast(kRounder);
    D8 x_in[kBlocks];
    D8 x_out[kBlocks];
    I8 total[kBlocks];
#pragma GCC unroll 8
    for (std::size_t c = 0; c < kBlocks; ++c) {
      x_in[c] = L::load_floats(job.x_in + column + 8 * c, last);
      x_out[c] = L::load_floats(job.x_out + column + 8 * c, last);
      total[c] = L::load(job.total + column + 8 * c, last);
    }
    // Copies, which the stores cannot change.
    const SwapValues<std::int64_t> rows = job;
    std::int64_t* values = rows.values + column;
    for (std::size_t r = 0; r < rows.rows; ++r, values += rows.dim) {
      const D8 in = L::broadcast(rows.in[r]);
      const D8 out = L::broadcast(rows.out[r]);
      const D8 share = L::broadcast(rows.shares[r]);
#pragma GCC unroll 8
      for (std::size_t c = 0; c < kBlocks; ++c) {
        const I8 change = L::sub(rounded_product(x_in[c], in), rounded_product(x_out[c], out));
        const I8 value = L::add(L::load(values + 8 * c, last), change);
        L::store(values + 8 * c, value, last);
        total[c] = L::add(total[c], L::bits(L::add(L::mul(L::to_double(value), share), rounder)));
      }
    }
    const I8 rounders = L::broadcast(rounder_bits(job.rows));
#pragma GCC unroll 8
    for (std::size_t c = 0; c < kBlocks; ++c) {
      L::store(job.total + column + 8 * c, L::sub(total[c], rounders), last);
    }
  }

  // What `count` rounders add up to, modulo 2^64 as the sums are.
  FRESHET_SIMD_INLINE static std::int64_t rounder_bits(std::size_t count) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(kRounderBits) * count);
  }

  static void swap_values(const SwapValues<std::int64_t>& job) {
    std::size_t column = 0;
    for (; column + 8 * L::kSwapBlocks <= job.dim; column += 8 * L::kSwapBlocks) {
      swap_columns<L::kSwapBlocks>(job, column, Whole{});
    }
    for (; column + 8 <= job.dim; column += 8) swap_columns<1>(job, column, Whole{});
    if (column < job.dim) swap_columns<1>(job, column, Part{job.dim - column});
  }

  template <std::size_t kBlocks, class Last>
  FRESHET_SIMD_INLINE static void add_columns(const float* const* x, const double* scale,
                                              std::size_t count, std::int64_t* sum,
                                              std::size_t column, Last last) {
    I8 total[kBlocks];
#pragma GCC unroll 8
    for (std::size_t c = 0; c < kBlocks; ++c) total[c] = L::load(sum + column + 8 * c, last);
    for (std::size_t k = 0; k < count; ++k) {
      const float* const values = x[k] + column;
      const D8 by = L::broadcast(scale[k]);
#pragma GCC unroll 8
      for (std::size_t c = 0; c < kBlocks; ++c) {
        total[c] = L::add(total[c], rounded_product(L::load_floats(values + 8 * c, last), by));
      }
    }
    const I8 rounders = L::broadcast(rounder_bits(count));
#pragma GCC unroll 8
    for (std::size_t c = 0; c < kBlocks; ++c) {
      L::store(sum + column + 8 * c, L::sub(total[c], rounders), last);
    }
  }

  static void add_terms(const float* const* x, const double* scale, std::size_t count,
                        std::size_t dim, std::int64_t* sum) {
    std::size_t c = 0;
    for (; c + 32 <= dim; c += 32) add_columns<4>(x, scale, count, sum, c, Whole{});
    for (; c + 8 <= dim; c += 8) add_columns<1>(x, scale, count, sum, c, Whole{});
    if (c < dim) add_columns<1>(x, scale, count, sum, c, Part{dim - c});
  }

  static void add_row(const std::int64_t* row, double scale, std::size_t dim, std::int64_t* total) {
    const D8 by = L::broadcast(scale);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const D8 value = L::mul(L::to_double(L::load(row + c, part)), by);
          const I8 rounded = L::bits(L::add(value, L::broadcast(kRounder)));
          const I8 sum = L::add(L::load(total + c, part), rounded);
          L::store(total + c, L::sub(sum, L::broadcast(kRounderBits)), part);
        });
  }
};

}  // namespace freshet::scorer::simd
