// ZeroedAllocator: memory for vectors of elements whose empty value is all zero bytes.
//
// A vector of n empty elements writes none of them. The system gives a large block zeroed, page by
// page as it is first touched, so that the making of one is no pause.
// Errors:  std::bad_alloc. Threads: any
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <type_traits>

namespace freshet {

template <class T>
struct ZeroedAllocator {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
  using value_type = T;

  ZeroedAllocator() = default;
  template <class Other>
  explicit ZeroedAllocator(const ZeroedAllocator<Other>&) {}

  T* allocate(std::size_t count) {
    void* memory = std::calloc(count, sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t) { std::free(memory); }
  // An empty element is there already.
  void construct(T*) {}

  bool operator==(const ZeroedAllocator&) const = default;
};

}  // namespace freshet
