// A vector that begins at a cache line, so that the 64 bytes of a vector register are one line and
// not two.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace freshet::scorer {

template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};

  CacheLineAllocator() = default;
  template <class U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>&) {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kLine));
  }
  void deallocate(T* values, std::size_t /*count*/) { ::operator delete(values, kLine); }

  bool operator==(const CacheLineAllocator&) const = default;
};

template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace freshet::scorer
