// A vector that begins at a cache line, so that the 64 bytes of a vector register are one line and
// not two.
//
// The line is found within an ordinary block, which is a line larger: glibc's own aligned blocks
// leave gaps that fill with nothing, a fifth of the memory of users with short sequences.
// Oracle: tests/unit/scorer/aligned_vector_test.cc; bench_sizing, BM_Sizing_Resident
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

namespace freshet::scorer {

template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::size_t kLine = 64;
  static constexpr std::size_t kBeside = kLine;  // what a block holds beside its values

  CacheLineAllocator() = default;
  template <class U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>&) {}

#ifdef __SANITIZE_ADDRESS__  // a block that ends with its values, so that what reads past them is
                             // seen
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{kLine}));
  }
  void deallocate(T* values, std::size_t /*count*/) {
    ::operator delete (values, std::align_val_t{kLine});
  }
#else
  // Before the line stands where the block begins. Operator new gives multiples of 16, so there is
  // room for it.
  T* allocate(std::size_t count) {
    char* const block = static_cast<char*>(::operator new(count * sizeof(T) + kBeside));
    char* const line = block + kLine - reinterpret_cast<std::uintptr_t>(block) % kLine;
    std::memcpy(line - sizeof block, &block, sizeof block);
    return reinterpret_cast<T*>(line);
  }
  void deallocate(T* values, std::size_t /*count*/) {
    char* block = nullptr;
    std::memcpy(&block, reinterpret_cast<char*>(values) - sizeof block, sizeof block);
    ::operator delete(block);
  }
#endif

  bool operator==(const CacheLineAllocator&) const = default;
};

template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace freshet::scorer
