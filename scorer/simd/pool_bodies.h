// The kernels of traditional attention's sums, for any set of lanes (lanes.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "scorer/simd/lanes.h"

namespace freshet::scorer::simd {

template <class L>
struct PoolBodies {
  using D8 = typename L::D8;
  using I8 = typename L::I8;

  static void swap_terms(const float* x_in, double in, const float* x_out, double out,
                         std::size_t dim, std::int64_t* sum) {
    const D8 by_in = L::broadcast(in);
    const D8 by_out = L::broadcast(out);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const I8 comes = L::rounded(L::mul(L::load_floats(x_in + c, part), by_in));
          const I8 leaves = L::rounded(L::mul(L::load_floats(x_out + c, part), by_out));
          L::store(sum + c, L::add(L::load(sum + c, part), L::sub(comes, leaves)), part);
        });
  }

  static void add_products(const double* weights, const float* x, double scale, std::size_t dim,
                           std::int64_t* sum) {
    const D8 by = L::broadcast(scale);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const D8 product = L::mul(L::load(weights + c, part), L::load_floats(x + c, part));
          const I8 term = L::rounded(L::mul(product, by));
          L::store(sum + c, L::add(L::load(sum + c, part), term), part);
        });
  }

  static void add_weights(const double* weights, double scale, std::size_t dim, std::int64_t* sum) {
    const D8 by = L::broadcast(scale);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const I8 term = L::rounded(L::mul(L::load(weights + c, part), by));
          L::store(sum + c, L::add(L::load(sum + c, part), term), part);
        });
  }

  static void quotients(const std::int64_t* values, std::int64_t weight, double unit,
                        std::size_t dim, float* u) {
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

  static void channel_quotients(const std::int64_t* values, const std::int64_t* weights,
                                double unit, std::size_t dim, float* u) {
    const D8 scale = L::broadcast(unit);
    for_blocks<L, 8>(
        dim, [&](std::size_t c, auto part) __attribute__((always_inline)) {
          const D8 value = L::to_double(L::load(values + c, part));
          const D8 weight = L::to_double(L::load(weights + c, part));
          L::store_floats(u + c, L::mul(L::div(value, weight), scale), part);
        });
  }
};

}  // namespace freshet::scorer::simd
