// The most float operations a second that this core can do: fused multiply-adds on registers alone,
// of the width that the kernels in use have. Measured by the bench that divides by it, in its run.
#pragma once

#include <immintrin.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "scorer/simd/kernel_set.h"

namespace freshet::scorer {

// Enough independent sums for two units of a latency of four or five cycles.
inline constexpr std::size_t kPeakSums = 12;
inline constexpr int kPeakRounds = 20'000;

inline double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

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

// Operations a second of CPU time, a multiplication and an addition each counted: the best of many
// short runs, as what disturbs one only makes it slower.
inline double fma_peak() {
  const bool wide = std::string_view(simd::kernels().name) == "avx512";
  const double lanes = wide ? 16.0 : 8.0;
  volatile float sink = 0.25F;
  double best = 1.0;
  for (int k = 0; k < 100; ++k) {
    const double start = thread_cpu_seconds();
    sink = wide ? peak_loop_avx512(sink) : peak_loop_avx2(sink);
    best = std::min(best, thread_cpu_seconds() - start);
  }
  return 2.0 * lanes * static_cast<double>(kPeakSums) * kPeakRounds / best;
}

}  // namespace freshet::scorer
