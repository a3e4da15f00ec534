// A block of lanes as an array, every operation a loop: what docs/formats.md says, without a vector
// in sight. The oracle of the other sets.
#include "scorer/simd/make_kernel_set.h"
#include "scorer/simd/targets.h"

namespace freshet::scorer::simd {
namespace {

struct Portable {
  template <class T, std::size_t kLanes>
  struct Block {
    T lane[kLanes];
  };
  using F16 = Block<float, 16>;
  using D8 = Block<double, 8>;
  using I8 = Block<std::int64_t, 8>;
  using W8 = Block<Int128, 8>;

  static constexpr std::size_t kTileBlocks = 1;
  static constexpr std::size_t kSwapBlocks = 1;

  template <class T, std::size_t kLanes, class Of>
  FRESHET_SIMD_INLINE static Block<T, kLanes> each(const Of& of) {
    Block<T, kLanes> result;
    for (std::size_t j = 0; j < kLanes; ++j) result.lane[j] = of(j);
    return result;
  }
  template <class Of>
  FRESHET_SIMD_INLINE static D8 doubles(const Of& of) {
    return each<double, 8>(of);
  }
  template <class Of>
  FRESHET_SIMD_INLINE static I8 integers(const Of& of) {
    return each<std::int64_t, 8>(of);
  }
  template <class T>
  static constexpr std::size_t kLanesOf = 64 / sizeof(T);

  FRESHET_SIMD_INLINE static std::size_t lanes(Whole, std::size_t all) { return all; }
  FRESHET_SIMD_INLINE static std::size_t lanes(Part part, std::size_t) { return part.n; }

  template <class T>
  FRESHET_SIMD_INLINE static Block<T, kLanesOf<T>> broadcast(T value) {
    return each<T, kLanesOf<T>>([&](std::size_t) { return value; });
  }
  template <class T, class Rest>
  FRESHET_SIMD_INLINE static Block<T, kLanesOf<T>> load(const T* p, Rest part) {
    const std::size_t n = lanes(part, kLanesOf<T>);
    return each<T, kLanesOf<T>>([&](std::size_t j) { return j < n ? p[j] : T{0}; });
  }
  template <class Rest>
  FRESHET_SIMD_INLINE static D8 load_floats(const float* p, Rest part) {
    const std::size_t n = lanes(part, 8);
    return doubles([&](std::size_t j) { return j < n ? double{p[j]} : 0.0; });
  }
  template <class T, std::size_t kLanes, class Rest>
  FRESHET_SIMD_INLINE static void store(T* p, const Block<T, kLanes>& v, Rest part) {
    for (std::size_t j = 0; j < lanes(part, kLanes); ++j) p[j] = v.lane[j];
  }

  template <class Rest>
  FRESHET_SIMD_INLINE static void store_floats(float* p, const D8& v, Rest part) {
    for (std::size_t j = 0; j < lanes(part, 8); ++j) p[j] = static_cast<float>(v.lane[j]);
  }

  FRESHET_SIMD_INLINE static float fused(float a, float b, float c) {
    return __builtin_fmaf(a, b, c);
  }
  FRESHET_SIMD_INLINE static double fused(double a, double b, double c) {
    return __builtin_fma(a, b, c);
  }
  template <class T, std::size_t kLanes>
  FRESHET_SIMD_INLINE static Block<T, kLanes> fma(const Block<T, kLanes>& a,
                                                  const Block<T, kLanes>& b,
                                                  const Block<T, kLanes>& c) {
    return each<T, kLanes>([&](std::size_t j) { return fused(a.lane[j], b.lane[j], c.lane[j]); });
  }
  template <class T, std::size_t kLanes, class Rest>
  FRESHET_SIMD_INLINE static Block<T, kLanes> fma_first(const Block<T, kLanes>& a,
                                                        const Block<T, kLanes>& b,
                                                        const Block<T, kLanes>& c, Rest part) {
    const std::size_t n = lanes(part, kLanes);
    return each<T, kLanes>(
        [&](std::size_t j) { return j < n ? fused(a.lane[j], b.lane[j], c.lane[j]) : c.lane[j]; });
  }
  template <class T, std::size_t kLanes>
  FRESHET_SIMD_INLINE static Block<T, kLanes> relu(const Block<T, kLanes>& v) {
    return each<T, kLanes>([&](std::size_t j) { return v.lane[j] < T{0} ? T{0} : v.lane[j]; });
  }
  template <class T, std::size_t kLanes>
  FRESHET_SIMD_INLINE static T tree_sum(Block<T, kLanes> v) {
    for (std::size_t width = kLanes / 2; width > 0; width /= 2) {
      for (std::size_t j = 0; j < width; ++j) v.lane[j] = v.lane[j] + v.lane[j + width];
    }
    return v.lane[0];
  }
  template <std::size_t kCount>
  FRESHET_SIMD_INLINE static void tree_sums(const D8 (&v)[kCount], double* sums) {
    for (std::size_t k = 0; k < kCount; ++k) sums[k] = tree_sum(v[k]);
  }

  FRESHET_SIMD_INLINE static D8 add(const D8& a, const D8& b) {
    return doubles([&](std::size_t j) { return a.lane[j] + b.lane[j]; });
  }
  FRESHET_SIMD_INLINE static D8 sub(const D8& a, const D8& b) {
    return doubles([&](std::size_t j) { return a.lane[j] - b.lane[j]; });
  }
  FRESHET_SIMD_INLINE static D8 mul(const D8& a, const D8& b) {
    return doubles([&](std::size_t j) { return a.lane[j] * b.lane[j]; });
  }
  FRESHET_SIMD_INLINE static D8 div(const D8& a, const D8& b) {
    return doubles([&](std::size_t j) { return a.lane[j] / b.lane[j]; });
  }
  FRESHET_SIMD_INLINE static D8 quotient(const D8& a, const D8& b, const D8& /*reciprocal*/) {
    return div(a, b);
  }
  FRESHET_SIMD_INLINE static D8 if_less(const D8& a, const D8& b, const D8& then,
                                        const D8& otherwise) {
    return doubles(
        [&](std::size_t j) { return a.lane[j] < b.lane[j] ? then.lane[j] : otherwise.lane[j]; });
  }
  FRESHET_SIMD_INLINE static D8 absolute(const D8& v) {
    return doubles([&](std::size_t j) { return __builtin_fabs(v.lane[j]); });
  }
  FRESHET_SIMD_INLINE static D8 with_sign(const D8& size, const D8& sign) {
    return doubles([&](std::size_t j) { return __builtin_copysign(size.lane[j], sign.lane[j]); });
  }
  FRESHET_SIMD_INLINE static D8 rounded_to_float(const D8& v) {
    return doubles([&](std::size_t j) { return double{static_cast<float>(v.lane[j])}; });
  }

  // Modulo 2^64, as the sums of rounders leave int64 on their way.
  FRESHET_SIMD_INLINE static std::uint64_t raw(std::int64_t v) {
    return static_cast<std::uint64_t>(v);
  }
  FRESHET_SIMD_INLINE static I8 add(const I8& a, const I8& b) {
    return integers(
        [&](std::size_t j) { return static_cast<std::int64_t>(raw(a.lane[j]) + raw(b.lane[j])); });
  }
  FRESHET_SIMD_INLINE static I8 sub(const I8& a, const I8& b) {
    return integers(
        [&](std::size_t j) { return static_cast<std::int64_t>(raw(a.lane[j]) - raw(b.lane[j])); });
  }
  FRESHET_SIMD_INLINE static I8 bits(const D8& v) {
    return integers([&](std::size_t j) { return __builtin_bit_cast(std::int64_t, v.lane[j]); });
  }
  FRESHET_SIMD_INLINE static D8 as_double(const I8& v) {
    return doubles([&](std::size_t j) { return __builtin_bit_cast(double, v.lane[j]); });
  }
  FRESHET_SIMD_INLINE static I8 shift_to_exponent(const I8& v) {
    return integers([&](std::size_t j) { return static_cast<std::int64_t>(raw(v.lane[j]) << 52); });
  }
  FRESHET_SIMD_INLINE static I8 rounded(const D8& v) {
    return integers(
        [&](std::size_t j) { return static_cast<std::int64_t>(__builtin_nearbyint(v.lane[j])); });
  }
  FRESHET_SIMD_INLINE static D8 to_double(const I8& v) {
    return doubles([&](std::size_t j) { return static_cast<double>(v.lane[j]); });
  }

  template <class Rest>
  FRESHET_SIMD_INLINE static W8 load(const Int128* p, Rest part) {
    const std::size_t n = lanes(part, 8);
    return each<Int128, 8>([&](std::size_t j) { return j < n ? p[j] : Int128{0}; });
  }
  FRESHET_SIMD_INLINE static W8 add_halves(const W8& v, const I8& high, const I8& low) {
    constexpr Int128 kUnit = Int128{1} << 50;
    return each<Int128, 8>(
        [&](std::size_t j) { return v.lane[j] + high.lane[j] * kUnit + low.lane[j]; });
  }
  FRESHET_SIMD_INLINE static D8 to_double(const W8& v) {
    return doubles([&](std::size_t j) { return static_cast<double>(v.lane[j]); });
  }
};

}  // namespace

constinit const KernelSet portable_kernels = make_kernel_set<Portable>("portable");

}  // namespace freshet::scorer::simd
