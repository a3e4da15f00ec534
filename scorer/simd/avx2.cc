// A block of lanes in two registers of AVX2.
#include <immintrin.h>

#include "scorer/simd/make_kernel_set.h"
#include "scorer/simd/targets.h"
#include "scorer/simd/wide_lanes.h"

namespace freshet::scorer::simd {
namespace {

// The first n of 8 lanes of 32 bits are those at kLanes32 + 8 - n; likewise of 4 lanes of 64.
alignas(64) constexpr std::int32_t kLanes32[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
alignas(64) constexpr std::int64_t kLanes64[8] = {-1, -1, -1, -1};

struct Avx2 {
  struct F16 {
    __m256 low, high;
  };
  struct D8 {
    __m256d low, high;
  };
  struct I8 {
    __m256i low, high;
  };
  struct W8 {
    I8 low, high;  // words
  };

  // 6 x 1 sums of two registers each, of the 16.
  static constexpr std::size_t kTileBlocks = 1;
  static constexpr std::size_t kSwapBlocks = 1;

  FRESHET_SIMD_INLINE static __m256i lanes32(std::size_t n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kLanes32 + 8 - (n < 8 ? n : 8)));
  }
  FRESHET_SIMD_INLINE static __m256i lanes64(std::size_t n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kLanes64 + 4 - (n < 4 ? n : 4)));
  }
  // The lanes of the high half.
  FRESHET_SIMD_INLINE static std::size_t behind(Part part, std::size_t half) {
    return part.n < half ? 0 : part.n - half;
  }

  FRESHET_SIMD_INLINE static F16 broadcast(float value) {
    return {_mm256_set1_ps(value), _mm256_set1_ps(value)};
  }
  FRESHET_SIMD_INLINE static F16 load(const float* p, Whole) {
    return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
  }
  FRESHET_SIMD_INLINE static F16 load(const float* p, Part part) {
    return {_mm256_maskload_ps(p, lanes32(part.n)),
            _mm256_maskload_ps(p + 8, lanes32(behind(part, 8)))};
  }
  FRESHET_SIMD_INLINE static void store(float* p, F16 v, Whole) {
    _mm256_storeu_ps(p, v.low);
    _mm256_storeu_ps(p + 8, v.high);
  }
  FRESHET_SIMD_INLINE static void store(float* p, F16 v, Part part) {
    _mm256_maskstore_ps(p, lanes32(part.n), v.low);
    _mm256_maskstore_ps(p + 8, lanes32(behind(part, 8)), v.high);
  }
  FRESHET_SIMD_INLINE static F16 fma(F16 a, F16 b, F16 c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
  }
  FRESHET_SIMD_INLINE static F16 fma_first(F16 a, F16 b, F16 c, Whole) { return fma(a, b, c); }
  FRESHET_SIMD_INLINE static F16 fma_first(F16 a, F16 b, F16 c, Part part) {
    const F16 sum = fma(a, b, c);
    return {_mm256_blendv_ps(c.low, sum.low, _mm256_castsi256_ps(lanes32(part.n))),
            _mm256_blendv_ps(c.high, sum.high, _mm256_castsi256_ps(lanes32(behind(part, 8))))};
  }
  // Of a zero and of NaN the second operand is the result.
  FRESHET_SIMD_INLINE static F16 relu(F16 v) {
    const __m256 zero = _mm256_setzero_ps();
    return {_mm256_max_ps(zero, v.low), _mm256_max_ps(zero, v.high)};
  }
  FRESHET_SIMD_INLINE static float tree_sum(F16 v) {
    const __m256 eight = _mm256_add_ps(v.low, v.high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }

  FRESHET_SIMD_INLINE static D8 broadcast(double value) {
    return {_mm256_set1_pd(value), _mm256_set1_pd(value)};
  }
  FRESHET_SIMD_INLINE static D8 load(const double* p, Whole) {
    return {_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)};
  }
  FRESHET_SIMD_INLINE static D8 load(const double* p, Part part) {
    return {_mm256_maskload_pd(p, lanes64(part.n)),
            _mm256_maskload_pd(p + 4, lanes64(behind(part, 4)))};
  }
  FRESHET_SIMD_INLINE static D8 widened(__m256 v) {
    return {_mm256_cvtps_pd(_mm256_castps256_ps128(v)),
            _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))};
  }
  FRESHET_SIMD_INLINE static D8 load_floats(const float* p, Whole) {
    return {_mm256_cvtps_pd(_mm_loadu_ps(p)), _mm256_cvtps_pd(_mm_loadu_ps(p + 4))};
  }
  FRESHET_SIMD_INLINE static D8 load_floats(const float* p, Part part) {
    return widened(_mm256_maskload_ps(p, lanes32(part.n)));
  }
  FRESHET_SIMD_INLINE static void store(double* p, D8 v, Whole) {
    _mm256_storeu_pd(p, v.low);
    _mm256_storeu_pd(p + 4, v.high);
  }
  FRESHET_SIMD_INLINE static void store(double* p, D8 v, Part part) {
    _mm256_maskstore_pd(p, lanes64(part.n), v.low);
    _mm256_maskstore_pd(p + 4, lanes64(behind(part, 4)), v.high);
  }
  FRESHET_SIMD_INLINE static __m256 narrowed(D8 v) {
    return _mm256_set_m128(_mm256_cvtpd_ps(v.high), _mm256_cvtpd_ps(v.low));
  }
  FRESHET_SIMD_INLINE static void store_floats(float* p, D8 v, Whole) {
    _mm256_storeu_ps(p, narrowed(v));
  }
  FRESHET_SIMD_INLINE static void store_floats(float* p, D8 v, Part part) {
    _mm256_maskstore_ps(p, lanes32(part.n), narrowed(v));
  }
  FRESHET_SIMD_INLINE static D8 add(D8 a, D8 b) {
    return {_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)};
  }
  FRESHET_SIMD_INLINE static D8 sub(D8 a, D8 b) {
    return {_mm256_sub_pd(a.low, b.low), _mm256_sub_pd(a.high, b.high)};
  }
  FRESHET_SIMD_INLINE static D8 mul(D8 a, D8 b) {
    return {_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)};
  }
  FRESHET_SIMD_INLINE static D8 div(D8 a, D8 b) {
    return {_mm256_div_pd(a.low, b.low), _mm256_div_pd(a.high, b.high)};
  }
  FRESHET_SIMD_INLINE static D8 fma(D8 a, D8 b, D8 c) {
    return {_mm256_fmadd_pd(a.low, b.low, c.low), _mm256_fmadd_pd(a.high, b.high, c.high)};
  }
  FRESHET_SIMD_INLINE static D8 fma_first(D8 a, D8 b, D8 c, Whole) { return fma(a, b, c); }
  FRESHET_SIMD_INLINE static D8 fma_first(D8 a, D8 b, D8 c, Part part) {
    const D8 sum = fma(a, b, c);
    return {_mm256_blendv_pd(c.low, sum.low, _mm256_castsi256_pd(lanes64(part.n))),
            _mm256_blendv_pd(c.high, sum.high, _mm256_castsi256_pd(lanes64(behind(part, 4))))};
  }
  // As avx512.cc has it.
  FRESHET_SIMD_INLINE static __m256d quotient(__m256d a, __m256d b, __m256d reciprocal) {
    __m256d q = _mm256_mul_pd(a, reciprocal);
    q = _mm256_fmadd_pd(_mm256_fnmadd_pd(q, b, a), reciprocal, q);
    return _mm256_fmadd_pd(_mm256_fnmadd_pd(q, b, a), reciprocal, q);
  }
  FRESHET_SIMD_INLINE static D8 quotient(D8 a, D8 b, D8 reciprocal) {
    return {quotient(a.low, b.low, reciprocal.low), quotient(a.high, b.high, reciprocal.high)};
  }
  FRESHET_SIMD_INLINE static D8 if_less(D8 a, D8 b, D8 then, D8 otherwise) {
    return {_mm256_blendv_pd(otherwise.low, then.low, _mm256_cmp_pd(a.low, b.low, _CMP_LT_OQ)),
            _mm256_blendv_pd(otherwise.high, then.high, _mm256_cmp_pd(a.high, b.high, _CMP_LT_OQ))};
  }
  FRESHET_SIMD_INLINE static D8 relu(D8 v) {
    const __m256d zero = _mm256_setzero_pd();
    return {_mm256_max_pd(zero, v.low), _mm256_max_pd(zero, v.high)};
  }
  FRESHET_SIMD_INLINE static D8 absolute(D8 v) {
    const __m256d bit = _mm256_set1_pd(-0.0);
    return {_mm256_andnot_pd(bit, v.low), _mm256_andnot_pd(bit, v.high)};
  }
  FRESHET_SIMD_INLINE static D8 with_sign(D8 size, D8 sign) {
    const __m256d bit = _mm256_set1_pd(-0.0);
    return {_mm256_or_pd(_mm256_andnot_pd(bit, size.low), _mm256_and_pd(bit, sign.low)),
            _mm256_or_pd(_mm256_andnot_pd(bit, size.high), _mm256_and_pd(bit, sign.high))};
  }
  FRESHET_SIMD_INLINE static D8 rounded_to_float(D8 v) {
    return {_mm256_cvtps_pd(_mm256_cvtpd_ps(v.low)), _mm256_cvtps_pd(_mm256_cvtpd_ps(v.high))};
  }
  template <std::size_t kCount>
  FRESHET_SIMD_INLINE static void tree_sums(const D8 (&v)[kCount], double* sums) {
#pragma GCC unroll 8
    for (std::size_t k = 0; k < kCount; ++k) {
      const __m256d four = _mm256_add_pd(v[k].low, v[k].high);
      const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
      sums[k] = _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
    }
  }

  FRESHET_SIMD_INLINE static I8 broadcast(std::int64_t value) {
    return {_mm256_set1_epi64x(value), _mm256_set1_epi64x(value)};
  }
  FRESHET_SIMD_INLINE static I8 load(const std::int64_t* p, Whole) {
    const auto* const half = reinterpret_cast<const __m256i*>(p);
    return {_mm256_loadu_si256(half), _mm256_loadu_si256(half + 1)};
  }
  FRESHET_SIMD_INLINE static I8 load(const std::int64_t* p, Part part) {
    const D8 raw = load(reinterpret_cast<const double*>(p), part);
    return bits(raw);
  }
  FRESHET_SIMD_INLINE static void store(std::int64_t* p, I8 v, Whole) {
    auto* const half = reinterpret_cast<__m256i*>(p);
    _mm256_storeu_si256(half, v.low);
    _mm256_storeu_si256(half + 1, v.high);
  }
  FRESHET_SIMD_INLINE static void store(std::int64_t* p, I8 v, Part part) {
    store(reinterpret_cast<double*>(p), as_double(v), part);
  }
  FRESHET_SIMD_INLINE static I8 add(I8 a, I8 b) {
    return {_mm256_add_epi64(a.low, b.low), _mm256_add_epi64(a.high, b.high)};
  }
  FRESHET_SIMD_INLINE static I8 sub(I8 a, I8 b) {
    return {_mm256_sub_epi64(a.low, b.low), _mm256_sub_epi64(a.high, b.high)};
  }
  FRESHET_SIMD_INLINE static I8 bits(D8 v) {
    return {_mm256_castpd_si256(v.low), _mm256_castpd_si256(v.high)};
  }
  FRESHET_SIMD_INLINE static D8 as_double(I8 v) {
    return {_mm256_castsi256_pd(v.low), _mm256_castsi256_pd(v.high)};
  }
  FRESHET_SIMD_INLINE static I8 shift_to_exponent(I8 v) {
    return {_mm256_slli_epi64(v.low, 52), _mm256_slli_epi64(v.high, 52)};
  }
  // To the nearest integer, ties to even, of any size that int64 holds: the upper part is a
  // multiple of 2^26, the rest is exact and rounds once.
  FRESHET_SIMD_INLINE static __m256i rounded(__m256d v) {
    const __m256d rounder = _mm256_set1_pd(kRounder);
    const __m256i rounder_bits = _mm256_set1_epi64x(kRounderBits);
    const __m256d high = _mm256_add_pd(_mm256_mul_pd(v, _mm256_set1_pd(0x1p-26)), rounder);
    const __m256d low = _mm256_fnmadd_pd(_mm256_sub_pd(high, rounder), _mm256_set1_pd(0x1p+26), v);
    const auto integer = [&](__m256d sum) __attribute__((always_inline)) {
      return _mm256_sub_epi64(_mm256_castpd_si256(sum), rounder_bits);
    };
    return _mm256_add_epi64(_mm256_slli_epi64(integer(high), 26),
                            integer(_mm256_add_pd(low, rounder)));
  }
  FRESHET_SIMD_INLINE static I8 rounded(D8 v) { return {rounded(v.low), rounded(v.high)}; }
  // Correctly rounded: the high half as a multiple of 2^32 is exact, and so is the low half; their
  // sum rounds once.
  FRESHET_SIMD_INLINE static __m256d to_double(__m256i v) {
    const __m256i low = _mm256_blend_epi32(v, _mm256_set1_epi64x(0x4330000000000000), 0xAA);
    const __m256i high =
        _mm256_xor_si256(_mm256_srli_epi64(v, 32), _mm256_set1_epi64x(0x4530000080000000));
    const __m256d both = _mm256_set1_pd(0x1p+84 + 0x1p+63 + 0x1p+52);
    return _mm256_add_pd(_mm256_sub_pd(_mm256_castsi256_pd(high), both), _mm256_castsi256_pd(low));
  }
  FRESHET_SIMD_INLINE static D8 to_double(I8 v) { return {to_double(v.low), to_double(v.high)}; }

  template <unsigned kBits>
  FRESHET_SIMD_INLINE static I8 shift_left(I8 v) {
    return {_mm256_slli_epi64(v.low, kBits), _mm256_slli_epi64(v.high, kBits)};
  }
  template <unsigned kBits>
  FRESHET_SIMD_INLINE static I8 shift_right(I8 v) {
    return {_mm256_srli_epi64(v.low, kBits), _mm256_srli_epi64(v.high, kBits)};
  }
  // Of the number with its sign bit turned, which is not negative.
  template <unsigned kBits>
  FRESHET_SIMD_INLINE static I8 shift_right_signed(I8 v) {
    constexpr std::int64_t kSign = std::int64_t{1} << (63 - kBits);
    return sub(shift_right<kBits>(turned(v)), broadcast(kSign));
  }
  FRESHET_SIMD_INLINE static I8 turned(I8 v) {
    const __m256i sign = _mm256_set1_epi64x(INT64_MIN);
    return {_mm256_xor_si256(v.low, sign), _mm256_xor_si256(v.high, sign)};
  }
  FRESHET_SIMD_INLINE static I8 bit_and(I8 a, I8 b) {
    return {_mm256_and_si256(a.low, b.low), _mm256_and_si256(a.high, b.high)};
  }
  FRESHET_SIMD_INLINE static I8 bit_or(I8 a, I8 b) {
    return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
  }
  FRESHET_SIMD_INLINE static I8 add_carry(I8 v, I8 sum, I8 addend) {
    const I8 a = turned(sum);
    const I8 b = turned(addend);
    return sub(v, {_mm256_cmpgt_epi64(b.low, a.low), _mm256_cmpgt_epi64(b.high, a.high)});
  }
  FRESHET_SIMD_INLINE static D8 if_equal(I8 a, I8 b, D8 then, D8 otherwise) {
    const D8 equal =
        as_double(I8{_mm256_cmpeq_epi64(a.low, b.low), _mm256_cmpeq_epi64(a.high, b.high)});
    return {_mm256_blendv_pd(otherwise.low, then.low, equal.low),
            _mm256_blendv_pd(otherwise.high, then.high, equal.high)};
  }

  // Two integers of 128 bits in each register. Unpacking gives the words of 0, 2, 1, 3.
  FRESHET_SIMD_INLINE static __m256i inner_swapped(__m256i v) {
    return _mm256_permute4x64_epi64(v, 0xD8);
  }
  FRESHET_SIMD_INLINE static W8 words_of(__m256i a, __m256i b, __m256i c, __m256i d) {
    return {
        {inner_swapped(_mm256_unpacklo_epi64(a, b)), inner_swapped(_mm256_unpacklo_epi64(c, d))},
        {inner_swapped(_mm256_unpackhi_epi64(a, b)), inner_swapped(_mm256_unpackhi_epi64(c, d))}};
  }
  FRESHET_SIMD_INLINE static W8 load(const Int128* p, Whole) {
    const auto* const two = reinterpret_cast<const __m256i*>(p);
    return words_of(_mm256_loadu_si256(two), _mm256_loadu_si256(two + 1),
                    _mm256_loadu_si256(two + 2), _mm256_loadu_si256(two + 3));
  }
  FRESHET_SIMD_INLINE static W8 load(const Int128* p, Part part) {
    const auto two = [&](std::size_t k) __attribute__((always_inline)) {
      return _mm256_maskload_epi64(reinterpret_cast<const long long*>(p + k),
                                   lanes64(behind({2 * part.n}, 2 * k)));
    };
    return words_of(two(0), two(2), two(4), two(6));
  }
  template <class Rest>
  FRESHET_SIMD_INLINE static void store_four(Int128* p, __m256i low, __m256i high, Rest part) {
    const __m256i l = inner_swapped(low);
    const __m256i h = inner_swapped(high);
    store_two(p, _mm256_unpacklo_epi64(l, h), part);
    store_two(p + 2, _mm256_unpackhi_epi64(l, h), beyond(part, 2));
  }
  FRESHET_SIMD_INLINE static void store_two(Int128* p, __m256i v, Whole) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
  }
  FRESHET_SIMD_INLINE static void store_two(Int128* p, __m256i v, Part part) {
    _mm256_maskstore_epi64(reinterpret_cast<long long*>(p), lanes64(2 * part.n), v);
  }
  FRESHET_SIMD_INLINE static Whole beyond(Whole, std::size_t) { return {}; }
  FRESHET_SIMD_INLINE static Part beyond(Part part, std::size_t n) { return {behind(part, n)}; }
  template <class Rest>
  FRESHET_SIMD_INLINE static void store(Int128* p, W8 v, Rest part) {
    store_four(p, v.low.low, v.high.low, part);
    store_four(p + 4, v.low.high, v.high.high, beyond(part, 4));
  }
  FRESHET_SIMD_INLINE static W8 add_halves(W8 v, I8 high, I8 low) {
    return words_plus_halves<Avx2>(v, high, low);
  }
  FRESHET_SIMD_INLINE static D8 to_double(W8 v) { return nearest_double<Avx2>(v); }
};

}  // namespace

constinit const KernelSet avx2_kernels = make_kernel_set<Avx2>("avx2");

}  // namespace freshet::scorer::simd
