// What every set's blocks of lanes share: how a loop is cut into blocks.
//
// A set's `Lanes` has four types, which are the lanes that docs/formats.md names: F16 (16 floats),
// D8 (8 doubles), I8 (8 integers of 64 bits) and W8 (8 of 128), and the operations on them. Loads
// and stores take Whole or, for the rest of a loop, Part{n}: the first n lanes; those behind are +0
// and not touched.
//
// Nothing here may call an inline function of another header: the linker would keep one copy of it,
// perhaps the one that was compiled for AVX-512, for the whole program.
#pragma once

#include <cstddef>

#define FRESHET_SIMD_INLINE [[gnu::always_inline]] inline

namespace freshet::scorer::simd {

struct Whole {};
struct Part {
  std::size_t n;
};

// Calls body(first, Whole or Part) for each block of kWidth of the loop over [0, n). Lives in each
// set anew, so it is a template of its Lanes.
template <class Lanes, std::size_t kWidth, class Body>
FRESHET_SIMD_INLINE void for_blocks(std::size_t n, const Body& body) {
  std::size_t first = 0;
  for (; first + kWidth <= n; first += kWidth) body(first, Whole{});
  if (first < n) body(first, Part{n - first});
}

}  // namespace freshet::scorer::simd
