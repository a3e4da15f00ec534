// What containers hold on the heap, as the allocator accounts it, for budgets in bytes.
//
// Caches are bounded by what the process really holds, so a block counts with the header and the
// rounding of glibc's malloc, and a string only where it is too long to live in its own object.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace freshet {

// What a heap block of `bytes` takes: an 8-byte header, rounded up to 16, at least 32.
constexpr std::size_t heap_block_bytes(std::size_t bytes) {
  constexpr std::size_t kHeader = 8;
  constexpr std::size_t kUnit = 16;
  constexpr std::size_t kLeast = 32;
  if (bytes == 0) return 0;
  return std::max((bytes + kHeader + kUnit - 1) / kUnit * kUnit, kLeast);
}

// What a vector holds beside itself; what its elements hold is not counted. An allocator that takes
// more than it is asked for says so as kBeside.
template <class Vector>
std::size_t vector_heap_bytes(const Vector& vector) {
  const std::size_t bytes = vector.capacity() * sizeof(typename Vector::value_type);
  if constexpr (requires { Vector::allocator_type::kBeside; }) {
    return bytes == 0 ? 0 : heap_block_bytes(bytes + Vector::allocator_type::kBeside);
  }
  return heap_block_bytes(bytes);
}

// What a std::string with these bytes holds beside itself. Judged by the length, not the capacity,
// so that equal strings count alike.
inline std::size_t string_heap_bytes(std::string_view bytes) {
  static const std::size_t kInPlace = std::string().capacity();
  return bytes.size() <= kInPlace ? 0 : heap_block_bytes(bytes.size() + 1);
}

}  // namespace freshet
