// FirstInPlace: a list whose first element lies in the object itself, the others on the heap.
//
// For lists that mostly hold one element: it costs no heap block and no step through memory.
// Errors:  none; places are CHECKed by nobody, as a vector's. Threads: one
// Cost:    that of a vector; moving the list moves the first element
// Oracle:  a vector (tests/unit/common/first_in_place_test.cc)
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "common/heap_bytes.h"
#include "common/prefetch.h"

namespace freshet {

template <class T>
class FirstInPlace {
 public:
  std::size_t size() const { return first_ ? 1 + others_.size() : 0; }
  bool empty() const { return !first_; }

  T& operator[](std::size_t i) { return i == 0 ? *first_ : others_[i - 1]; }
  const T& operator[](std::size_t i) const { return i == 0 ? *first_ : others_[i - 1]; }

  template <class... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    if (!first_) return first_.emplace(std::forward<Arguments>(arguments)...);
    return others_.emplace_back(std::forward<Arguments>(arguments)...);
  }

  void reserve(std::size_t count) {
    if (count > 1) others_.reserve(count - 1);
  }
  // Keeps the first `count`. Requires count <= size().
  void truncate(std::size_t count) {
    while (others_.size() + 1 > count && !others_.empty()) others_.pop_back();
    if (count == 0) first_.reset();
  }

  // Beside the object itself; what the elements hold is not counted.
  std::size_t heap_bytes() const { return vector_heap_bytes(others_); }
  // Has the processor fetch what does not lie in the object itself.
  void prefetch_others() const { prefetch(others_.data(), others_.size() * sizeof(T)); }

  bool operator==(const FirstInPlace&) const = default;

  template <class List, class Element>
  class Walk {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using reference = Element&;
    using pointer = Element*;
    using iterator_category = std::forward_iterator_tag;

    Walk() = default;
    Walk(List* list, std::size_t at) : list_(list), at_(at) {}
    Element& operator*() const { return (*list_)[at_]; }
    Element* operator->() const { return &(*list_)[at_]; }
    Walk& operator++() {
      ++at_;
      return *this;
    }
    Walk operator++(int) { return {list_, at_++}; }
    bool operator==(const Walk&) const = default;

   private:
    List* list_ = nullptr;
    std::size_t at_ = 0;
  };
  using iterator = Walk<FirstInPlace, T>;
  using const_iterator = Walk<const FirstInPlace, const T>;
  iterator begin() { return {this, 0}; }
  iterator end() { return {this, size()}; }
  const_iterator begin() const { return {this, 0}; }
  const_iterator end() const { return {this, size()}; }

 private:
  std::optional<T> first_;
  std::vector<T> others_;  // empty where there is no first one
};

}  // namespace freshet
