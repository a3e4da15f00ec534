// The kernels of dense layers and dots, for any set of lanes (lanes.h).
#pragma once

#include <cstddef>

#include "scorer/simd/kernel_set.h"
#include "scorer/simd/lanes.h"

namespace freshet::scorer::simd {

template <class L>
struct DenseBodies {
  using F16 = typename L::F16;
  static constexpr std::size_t kLine = 64;  // bytes, of the cache as of a block
  template <class T>
  static constexpr std::size_t kWidth = kLine / sizeof(T);

  // kRows rows by kCols blocks of columns, the sums in registers all along. `last` is the part of
  // the last block that there is.
  template <std::size_t kRows, std::size_t kCols, class T, class Last>
  FRESHET_SIMD_INLINE static void tile(const DenseRows<T>& job, std::size_t row, std::size_t column,
                                       Last last) {
    using Block = decltype(L::broadcast(T{0}));
    constexpr std::size_t kLanes = kWidth<T>;
    const T* x[kRows];
    Block sum[kRows][kCols];
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) x[r] = job.x[row + r];
#pragma GCC unroll 16
    for (std::size_t c = 0; c < kCols; ++c) {
      Block start = L::broadcast(T{0});
      if (job.bias != nullptr) {
        const T* const bias = job.bias + column + kLanes * c;
        start = c + 1 < kCols ? L::load(bias, Whole{}) : L::load(bias, last);
      }
#pragma GCC unroll 16
      for (std::size_t r = 0; r < kRows; ++r) sum[r][c] = start;
    }
    const T* wt = job.wt + column;
    for (std::size_t i = 0; i < job.in; ++i, wt += job.out) {
      Block weight[kCols];
#pragma GCC unroll 16
      for (std::size_t c = 0; c < kCols; ++c) {
        weight[c] =
            c + 1 < kCols ? L::load(wt + kLanes * c, Whole{}) : L::load(wt + kLanes * c, last);
      }
#pragma GCC unroll 16
      for (std::size_t r = 0; r < kRows; ++r) {
        const Block value = L::broadcast(x[r][i]);
#pragma GCC unroll 16
        for (std::size_t c = 0; c < kCols; ++c) sum[r][c] = L::fma(value, weight[c], sum[r][c]);
      }
    }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      T* const y = job.y + (row + r) * job.out + column;
#pragma GCC unroll 16
      for (std::size_t c = 0; c < kCols; ++c) {
        const Block value = job.relu ? L::relu(sum[r][c]) : sum[r][c];
        if (c + 1 < kCols) {
          L::store(y + kLanes * c, value, Whole{});
        } else {
          L::store(y + kLanes * c, value, last);
        }
      }
    }
  }

  template <class T>
  FRESHET_SIMD_INLINE static void prefetch(const DenseRows<T>& job, std::size_t row,
                                           std::size_t count) {
    for (std::size_t r = row; r < row + count && r < job.next_rows; ++r) {
      const char* const bytes = reinterpret_cast<const char*>(job.next[r]);
      for (std::size_t k = 0; k < job.in * sizeof(T); k += kLine) __builtin_prefetch(bytes + k);
    }
  }

  // All rows of kCols blocks of columns.
  template <std::size_t kRows, std::size_t kCols, class T, class Last>
  static void stripe(const DenseRows<T>& job, std::size_t column, Last last) {
    std::size_t row = 0;
    for (; row + kRows <= job.rows; row += kRows) {
      if (column == 0) prefetch(job, row, kRows);
      tile<kRows, kCols>(job, row, column, last);
    }
    if (column == 0) prefetch(job, row, job.next_rows);
    for (; row + 4 <= job.rows; row += 4) tile<4, kCols>(job, row, column, last);
    for (; row < job.rows; ++row) tile<1, kCols>(job, row, column, last);
  }

  template <class T, class Last>
  FRESHET_SIMD_INLINE static void stripe_of(const DenseRows<T>& job, std::size_t column,
                                            std::size_t blocks, Last last) {
    // As many rows as leave a register for each weight and one for the row's value.
    if constexpr (L::kTileBlocks >= 4) {
      if (blocks == 4) return stripe<6, 4>(job, column, last);
      if (blocks == 3) return stripe<8, 3>(job, column, last);
      if (blocks == 2) return stripe<8, 2>(job, column, last);
    }
    stripe<L::kTileBlocks >= 4 ? 8 : 6, 1>(job, column, last);
  }

  template <class T>
  static void dense_rows(const DenseRows<T>& job) {
    constexpr std::size_t kLanes = kWidth<T>;
    std::size_t column = 0;
    while (column < job.out) {
      const std::size_t left = job.out - column;
      const std::size_t there = (left + kLanes - 1) / kLanes;
      const std::size_t blocks = there < L::kTileBlocks ? there : L::kTileBlocks;
      if (blocks * kLanes <= left) {
        stripe_of(job, column, blocks, Whole{});
      } else {
        stripe_of(job, column, blocks, Part{left % kLanes});
      }
      column += blocks * kLanes;
    }
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
