// A block of lanes in one register of AVX-512. Compiled for it, so nothing but the table may be
// called from here, and only where the machine has it.
#include <immintrin.h>

#include "scorer/simd/make_kernel_set.h"
#include "scorer/simd/targets.h"
#include "scorer/simd/wide_lanes.h"

namespace freshet::scorer::simd {
namespace {

struct Avx512 {
  using F16 = __m512;
  using D8 = __m512d;
  using I8 = __m512i;
  struct W8 {
    I8 low, high;  // words
  };

  // 6 x 4, 8 x 3 or 8 x 2 sums of the 32 registers.
  static constexpr std::size_t kTileBlocks = 4;
  static constexpr std::size_t kSwapBlocks = 4;

  FRESHET_SIMD_INLINE static __mmask16 mask16(Part part) {
    return static_cast<__mmask16>((1U << part.n) - 1U);
  }
  FRESHET_SIMD_INLINE static __mmask8 mask8(Part part) {
    return static_cast<__mmask8>((1U << part.n) - 1U);
  }

  FRESHET_SIMD_INLINE static F16 broadcast(float value) { return _mm512_set1_ps(value); }
  FRESHET_SIMD_INLINE static F16 load(const float* p, Whole) { return _mm512_loadu_ps(p); }
  FRESHET_SIMD_INLINE static F16 load(const float* p, Part part) {
    return _mm512_maskz_loadu_ps(mask16(part), p);
  }
  FRESHET_SIMD_INLINE static void store(float* p, F16 v, Whole) { _mm512_storeu_ps(p, v); }
  FRESHET_SIMD_INLINE static void store(float* p, F16 v, Part part) {
    _mm512_mask_storeu_ps(p, mask16(part), v);
  }
  FRESHET_SIMD_INLINE static F16 fma(F16 a, F16 b, F16 c) { return _mm512_fmadd_ps(a, b, c); }
  FRESHET_SIMD_INLINE static F16 fma_first(F16 a, F16 b, F16 c, Whole) { return fma(a, b, c); }
  FRESHET_SIMD_INLINE static F16 fma_first(F16 a, F16 b, F16 c, Part part) {
    return _mm512_mask3_fmadd_ps(a, b, c, mask16(part));
  }
  // Of a zero and of NaN the second operand is the result.
  FRESHET_SIMD_INLINE static F16 relu(F16 v) { return _mm512_max_ps(_mm512_setzero_ps(), v); }
  FRESHET_SIMD_INLINE static float tree_sum(F16 v) {
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }

  FRESHET_SIMD_INLINE static D8 broadcast(double value) { return _mm512_set1_pd(value); }
  FRESHET_SIMD_INLINE static D8 load(const double* p, Whole) { return _mm512_loadu_pd(p); }
  FRESHET_SIMD_INLINE static D8 load(const double* p, Part part) {
    return _mm512_maskz_loadu_pd(mask8(part), p);
  }
  FRESHET_SIMD_INLINE static D8 load_floats(const float* p, Whole) {
    return _mm512_cvtps_pd(_mm256_loadu_ps(p));
  }
  FRESHET_SIMD_INLINE static D8 load_floats(const float* p, Part part) {
    return _mm512_cvtps_pd(_mm256_maskz_loadu_ps(mask8(part), p));
  }
  FRESHET_SIMD_INLINE static void store(double* p, D8 v, Whole) { _mm512_storeu_pd(p, v); }
  FRESHET_SIMD_INLINE static void store(double* p, D8 v, Part part) {
    _mm512_mask_storeu_pd(p, mask8(part), v);
  }
  FRESHET_SIMD_INLINE static void store_floats(float* p, D8 v, Whole) {
    _mm256_storeu_ps(p, _mm512_cvtpd_ps(v));
  }
  FRESHET_SIMD_INLINE static void store_floats(float* p, D8 v, Part part) {
    _mm256_mask_storeu_ps(p, mask8(part), _mm512_cvtpd_ps(v));
  }
  FRESHET_SIMD_INLINE static D8 add(D8 a, D8 b) { return _mm512_add_pd(a, b); }
  FRESHET_SIMD_INLINE static D8 sub(D8 a, D8 b) { return _mm512_sub_pd(a, b); }
  FRESHET_SIMD_INLINE static D8 mul(D8 a, D8 b) { return _mm512_mul_pd(a, b); }
  FRESHET_SIMD_INLINE static D8 div(D8 a, D8 b) { return _mm512_div_pd(a, b); }
  FRESHET_SIMD_INLINE static D8 fma(D8 a, D8 b, D8 c) { return _mm512_fmadd_pd(a, b, c); }
  FRESHET_SIMD_INLINE static D8 fma_first(D8 a, D8 b, D8 c, Whole) { return fma(a, b, c); }
  FRESHET_SIMD_INLINE static D8 fma_first(D8 a, D8 b, D8 c, Part part) {
    return _mm512_mask3_fmadd_pd(a, b, c, mask8(part));
  }
  // a / b, correctly rounded, given 1 / b correctly rounded: each step's remainder is exact, the
  // first makes the quotient one of the two nearest, the second the nearest (Markstein 1990).
  FRESHET_SIMD_INLINE static D8 quotient(D8 a, D8 b, D8 reciprocal) {
    D8 q = mul(a, reciprocal);
    q = fma(_mm512_fnmadd_pd(q, b, a), reciprocal, q);
    return fma(_mm512_fnmadd_pd(q, b, a), reciprocal, q);
  }
  FRESHET_SIMD_INLINE static D8 if_less(D8 a, D8 b, D8 then, D8 otherwise) {
    return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), otherwise, then);
  }
  FRESHET_SIMD_INLINE static D8 relu(D8 v) { return _mm512_max_pd(_mm512_setzero_pd(), v); }
  FRESHET_SIMD_INLINE static D8 absolute(D8 v) { return _mm512_abs_pd(v); }
  FRESHET_SIMD_INLINE static D8 with_sign(D8 size, D8 sign) {
    const D8 bit = _mm512_set1_pd(-0.0);
    return _mm512_or_pd(_mm512_andnot_pd(bit, size), _mm512_and_pd(bit, sign));
  }
  FRESHET_SIMD_INLINE static D8 rounded_to_float(D8 v) {
    return _mm512_cvtps_pd(_mm512_cvtpd_ps(v));
  }
  FRESHET_SIMD_INLINE static void tree_sums(const D8 (&v)[1], double* sums) {
    const __m256d four =
        _mm256_add_pd(_mm512_castpd512_pd256(v[0]), _mm512_extractf64x4_pd(v[0], 1));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    sums[0] = _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  }
  // Each step adds two vectors' halves in one: the same additions, with their lanes side by side.
  FRESHET_SIMD_INLINE static D8 added_halves(D8 a, D8 b) {
    return add(_mm512_shuffle_f64x2(a, b, 0x44), _mm512_shuffle_f64x2(a, b, 0xEE));
  }
  FRESHET_SIMD_INLINE static void tree_sums(const D8 (&v)[4], double* sums) {
    const D8 low = added_halves(v[0], v[1]);
    const D8 high = added_halves(v[2], v[3]);
    const D8 pairs =
        add(_mm512_shuffle_f64x2(low, high, 0x88), _mm512_shuffle_f64x2(low, high, 0xDD));
    const D8 all = add(pairs, _mm512_permute_pd(pairs, 0x55));
    _mm256_storeu_pd(sums, _mm512_castpd512_pd256(_mm512_maskz_compress_pd(0x55, all)));
  }

  FRESHET_SIMD_INLINE static I8 broadcast(std::int64_t value) { return _mm512_set1_epi64(value); }
  FRESHET_SIMD_INLINE static I8 load(const std::int64_t* p, Whole) { return _mm512_loadu_si512(p); }
  FRESHET_SIMD_INLINE static I8 load(const std::int64_t* p, Part part) {
    return _mm512_maskz_loadu_epi64(mask8(part), p);
  }
  FRESHET_SIMD_INLINE static void store(std::int64_t* p, I8 v, Whole) { _mm512_storeu_si512(p, v); }
  FRESHET_SIMD_INLINE static void store(std::int64_t* p, I8 v, Part part) {
    _mm512_mask_storeu_epi64(p, mask8(part), v);
  }
  FRESHET_SIMD_INLINE static I8 add(I8 a, I8 b) { return _mm512_add_epi64(a, b); }
  FRESHET_SIMD_INLINE static I8 sub(I8 a, I8 b) { return _mm512_sub_epi64(a, b); }
  FRESHET_SIMD_INLINE static I8 bits(D8 v) { return _mm512_castpd_si512(v); }
  FRESHET_SIMD_INLINE static D8 as_double(I8 v) { return _mm512_castsi512_pd(v); }
  FRESHET_SIMD_INLINE static I8 shift_to_exponent(I8 v) { return _mm512_slli_epi64(v, 52); }
  // To the nearest integer, ties to even, of any size that int64 holds.
  FRESHET_SIMD_INLINE static I8 rounded(D8 v) { return _mm512_cvtpd_epi64(v); }
  FRESHET_SIMD_INLINE static D8 to_double(I8 v) { return _mm512_cvtepi64_pd(v); }

  template <unsigned kBits>
  FRESHET_SIMD_INLINE static I8 shift_left(I8 v) {
    return _mm512_slli_epi64(v, kBits);
  }
  template <unsigned kBits>
  FRESHET_SIMD_INLINE static I8 shift_right(I8 v) {
    return _mm512_srli_epi64(v, kBits);
  }
  template <unsigned kBits>
  FRESHET_SIMD_INLINE static I8 shift_right_signed(I8 v) {
    return _mm512_srai_epi64(v, kBits);
  }
  FRESHET_SIMD_INLINE static I8 bit_and(I8 a, I8 b) { return _mm512_and_si512(a, b); }
  FRESHET_SIMD_INLINE static I8 bit_or(I8 a, I8 b) { return _mm512_or_si512(a, b); }
  FRESHET_SIMD_INLINE static I8 add_carry(I8 v, I8 sum, I8 addend) {
    return _mm512_mask_sub_epi64(v, _mm512_cmplt_epu64_mask(sum, addend), v, _mm512_set1_epi64(-1));
  }
  FRESHET_SIMD_INLINE static D8 if_equal(I8 a, I8 b, D8 then, D8 otherwise) {
    return _mm512_mask_blend_pd(_mm512_cmpeq_epi64_mask(a, b), otherwise, then);
  }

  // The words of the first and of the second four, put in order.
  FRESHET_SIMD_INLINE static W8 words_of(I8 first, I8 second) {
    const I8 even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    const I8 odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
    return {_mm512_permutex2var_epi64(first, even, second),
            _mm512_permutex2var_epi64(first, odd, second)};
  }
  FRESHET_SIMD_INLINE static I8 first_four(W8 v) {
    return _mm512_permutex2var_epi64(v.low, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), v.high);
  }
  FRESHET_SIMD_INLINE static I8 second_four(W8 v) {
    return _mm512_permutex2var_epi64(v.low, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), v.high);
  }
  FRESHET_SIMD_INLINE static __mmask8 mask_first(Part part) {
    return static_cast<__mmask8>((1U << 2 * part.n) - 1U);
  }
  FRESHET_SIMD_INLINE static __mmask8 mask_second(Part part) {
    return static_cast<__mmask8>(((1U << 2 * part.n) - 1U) >> 8);
  }
  FRESHET_SIMD_INLINE static W8 load(const Int128* p, Whole) {
    return words_of(_mm512_loadu_si512(p), _mm512_loadu_si512(p + 4));
  }
  FRESHET_SIMD_INLINE static W8 load(const Int128* p, Part part) {
    return words_of(_mm512_maskz_loadu_epi64(mask_first(part), p),
                    _mm512_maskz_loadu_epi64(mask_second(part), p + 4));
  }
  FRESHET_SIMD_INLINE static void store(Int128* p, W8 v, Whole) {
    _mm512_storeu_si512(p, first_four(v));
    _mm512_storeu_si512(p + 4, second_four(v));
  }
  FRESHET_SIMD_INLINE static void store(Int128* p, W8 v, Part part) {
    _mm512_mask_storeu_epi64(p, mask_first(part), first_four(v));
    _mm512_mask_storeu_epi64(p + 4, mask_second(part), second_four(v));
  }
  FRESHET_SIMD_INLINE static W8 add_halves(W8 v, I8 high, I8 low) {
    return words_plus_halves<Avx512>(v, high, low);
  }
  FRESHET_SIMD_INLINE static D8 to_double(W8 v) { return nearest_double<Avx512>(v); }
};

}  // namespace

constinit const KernelSet avx512_kernels = make_kernel_set<Avx512>("avx512");

}  // namespace freshet::scorer::simd
