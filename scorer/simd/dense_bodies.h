// The kernels of dense layers and dots, for any set of lanes (lanes.h).
#pragma once

#include <cstddef>

#include "scorer/simd/kernel_set.h"
#include "scorer/simd/lanes.h"

namespace freshet::scorer::simd {

template <class L>
struct DenseBodies {
  using F16 = typename L::F16;
  using D8 = typename L::D8;
  static constexpr std::size_t kLine = 64;  // bytes

  // kRows rows by kCols blocks of columns, the sums in registers all along. `last` is the part of
  // the last block that there is.
  template <std::size_t kRows, std::size_t kCols, class Last>
  FRESHET_SIMD_INLINE static void tile(const DenseRows& job, std::size_t row, std::size_t column,
                                       Last last) {
    const float* x[kRows];
    F16 sum[kRows][kCols];
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) x[r] = job.x[row + r];
    const float* const bias = job.bias + column;
#pragma GCC unroll 16
    for (std::size_t c = 0; c < kCols; ++c) {
      const F16 start =
          c + 1 < kCols ? L::load(bias + 16 * c, Whole{}) : L::load(bias + 16 * c, last);
#pragma GCC unroll 16
      for (std::size_t r = 0; r < kRows; ++r) sum[r][c] = start;
    }
    const float* wt = job.wt + column;
    for (std::size_t i = 0; i < job.in; ++i, wt += job.out) {
      F16 weight[kCols];
#pragma GCC unroll 16
      for (std::size_t c = 0; c < kCols; ++c) {
        weight[c] = c + 1 < kCols ? L::load(wt + 16 * c, Whole{}) : L::load(wt + 16 * c, last);
      }
#pragma GCC unroll 16
      for (std::size_t r = 0; r < kRows; ++r) {
        const F16 value = L::broadcast(x[r][i]);
#pragma GCC unroll 16
        for (std::size_t c = 0; c < kCols; ++c) sum[r][c] = L::fma(value, weight[c], sum[r][c]);
      }
    }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      float* const y = job.y + (row + r) * job.out + column;
#pragma GCC unroll 16
      for (std::size_t c = 0; c < kCols; ++c) {
        const F16 value = job.relu ? L::relu(sum[r][c]) : sum[r][c];
        if (c + 1 < kCols) {
          L::store(y + 16 * c, value, Whole{});
        } else {
          L::store(y + 16 * c, value, last);
        }
      }
    }
  }

  FRESHET_SIMD_INLINE static void prefetch(const DenseRows& job, std::size_t row,
                                           std::size_t count) {
    for (std::size_t r = row; r < row + count && r < job.next_rows; ++r) {
      const char* const bytes = reinterpret_cast<const char*>(job.next[r]);
      for (std::size_t k = 0; k < job.in * sizeof(float); k += kLine) __builtin_prefetch(bytes + k);
    }
  }

  // All rows of kCols blocks of columns.
  template <std::size_t kRows, std::size_t kCols, class Last>
  static void stripe(const DenseRows& job, std::size_t column, Last last) {
    std::size_t row = 0;
    for (; row + kRows <= job.rows; row += kRows) {
      if (column == 0) prefetch(job, row, kRows);
      tile<kRows, kCols>(job, row, column, last);
    }
    if (column == 0) prefetch(job, row, job.next_rows);
    for (; row + 4 <= job.rows; row += 4) tile<4, kCols>(job, row, column, last);
    for (; row < job.rows; ++row) tile<1, kCols>(job, row, column, last);
  }

  template <class Last>
  FRESHET_SIMD_INLINE static void stripe_of(const DenseRows& job, std::size_t column,
                                            std::size_t blocks, Last last) {
    // As many rows as leave a register for each weight and one for the row's value.
    if constexpr (L::kTileBlocks >= 4) {
      if (blocks == 4) return stripe<6, 4>(job, column, last);
      if (blocks == 3) return stripe<8, 3>(job, column, last);
      if (blocks == 2) return stripe<8, 2>(job, column, last);
    }
    stripe<L::kTileBlocks >= 4 ? 8 : 6, 1>(job, column, last);
  }

  static void dense_rows(const DenseRows& job) {
    std::size_t column = 0;
    while (column < job.out) {
      const std::size_t left = job.out - column;
      const std::size_t there = (left + 15) / 16;
      const std::size_t blocks = there < L::kTileBlocks ? there : L::kTileBlocks;
      if (blocks * 16 <= left) {
        stripe_of(job, column, blocks, Whole{});
      } else {
        stripe_of(job, column, blocks, Part{left % 16});
      }
      column += blocks * 16;
    }
  }

  // The columns of kBlocks blocks of 8, in double.
  template <std::size_t kBlocks, class Last>
  FRESHET_SIMD_INLINE static void columns64(const double* x, std::size_t in, const double* wt,
                                            const double* bias, std::size_t out, double* y,
                                            Last last) {
    D8 sum[kBlocks];
#pragma GCC unroll 8
    for (std::size_t c = 0; c < kBlocks; ++c) {
      sum[c] = c + 1 < kBlocks ? L::load(bias + 8 * c, Whole{}) : L::load(bias + 8 * c, last);
    }
    for (std::size_t i = 0; i < in; ++i, wt += out) {
      const D8 value = L::broadcast(x[i]);
#pragma GCC unroll 8
      for (std::size_t c = 0; c < kBlocks; ++c) {
        const D8 weight =
            c + 1 < kBlocks ? L::load(wt + 8 * c, Whole{}) : L::load(wt + 8 * c, last);
        sum[c] = L::fma(value, weight, sum[c]);
      }
    }
#pragma GCC unroll 8
    for (std::size_t c = 0; c < kBlocks; ++c) {
      if (c + 1 < kBlocks) {
        L::store(y + 8 * c, sum[c], Whole{});
      } else {
        L::store(y + 8 * c, sum[c], last);
      }
    }
  }

  static void dense64(const double* x, std::size_t in, const double* wt, const double* bias,
                      std::size_t out, double* y) {
    std::size_t c = 0;
    for (; c + 32 <= out; c += 32) columns64<4>(x, in, wt + c, bias + c, out, y + c, Whole{});
    for (; c + 8 <= out; c += 8) columns64<1>(x, in, wt + c, bias + c, out, y + c, Whole{});
    if (c < out) columns64<1>(x, in, wt + c, bias + c, out, y + c, Part{out - c});
  }

  // Four rows at a time: their sums do not wait for one another.
  template <std::size_t kRows>
  FRESHET_SIMD_INLINE static void some_dots(const float* const* rows, const float* b, std::size_t n,
                                            float* dots) {
    F16 sum[kRows];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) sum[r] = L::broadcast(0.0F);
    for_blocks<L, 16>(
        n, [&](std::size_t i, auto part) __attribute__((always_inline)) {
          const F16 other = L::load(b + i, part);
#pragma GCC unroll 8
          for (std::size_t r = 0; r < kRows; ++r) {
            sum[r] = L::fma_first(L::load(rows[r] + i, part), other, sum[r], part);
          }
        });
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) dots[r] = L::tree_sum(sum[r]);
  }

  static void dots(const float* const* rows, std::size_t count, const float* b, std::size_t n,
                   float* dots) {
    std::size_t r = 0;
    for (; r + 4 <= count; r += 4) some_dots<4>(rows + r, b, n, dots + r);
    for (; r < count; ++r) some_dots<1>(rows + r, b, n, dots + r);
  }
};

}  // namespace freshet::scorer::simd
