// The float operations that this core can do at most: fused multiply-adds on registers alone, of
// the width that the kernels in use have. Run in turn with what is divided by it (in_turn.h).
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <string_view>

#include "scorer/simd/kernel_set.h"

namespace freshet::scorer {

// Enough independent sums for two units of a latency of four or five cycles.
inline constexpr std::size_t kPeakSums = 12;
// Some 90 us, as long as 1,000 candidates: the clock's own cost weighs as much on both.
inline constexpr int kPeakRounds = 40'000;

[[gnu::target("avx512f"), gnu::noinline]] inline float peak_loop_avx512(float start) {
  __m512 sum[kPeakSums];
  for (std::size_t k = 0; k < kPeakSums; ++k) sum[k] = _mm512_set1_ps(start);
  const __m512 by = _mm512_set1_ps(0.5F);
  for (int round = 0; round < kPeakRounds; ++round) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < kPeakSums; ++k) sum[k] = _mm512_fmadd_ps(sum[k], by, by);
  }
  __m512 all = sum[0];
  for (std::size_t k = 1; k < kPeakSums; ++k) all = _mm512_add_ps(all, sum[k]);
  return _mm512_cvtss_f32(all);
}

[[gnu::noinline]] inline float peak_loop_avx2(float start) {
  __m256 sum[kPeakSums];
  for (std::size_t k = 0; k < kPeakSums; ++k) sum[k] = _mm256_set1_ps(start);
  const __m256 by = _mm256_set1_ps(0.5F);
  for (int round = 0; round < kPeakRounds; ++round) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < kPeakSums; ++k) sum[k] = _mm256_fmadd_ps(sum[k], by, by);
  }
  __m256 all = sum[0];
  for (std::size_t k = 1; k < kPeakSums; ++k) all = _mm256_add_ps(all, sum[k]);
  return _mm256_cvtss_f32(all);
}

// Does peak_operations(), a multiplication and an addition each counted.
inline void run_at_peak() {
  volatile float sink = 0.25F;
  sink = simd::kernels().name == std::string_view("avx512") ? peak_loop_avx512(sink)
                                                            : peak_loop_avx2(sink);
}

inline double peak_operations() {
  const double lanes = simd::kernels().name == std::string_view("avx512") ? 16.0 : 8.0;
  return 2.0 * lanes * static_cast<double>(kPeakSums) * kPeakRounds;
}

}  // namespace freshet::scorer
