#include "scorer/traditional_sums.h"

#include "common/heap_bytes.h"
#include "common/prefetch.h"

namespace freshet::scorer {

std::size_t TraditionalSums::heap_bytes() const {
  return vector_heap_bytes(peaks_) + std::visit(
                                         [](const auto& sums) {
                                           return vector_heap_bytes(sums.weights) +
                                                  vector_heap_bytes(sums.values);
                                         },
                                         sums_);
}

void TraditionalSums::prefetch() const {
  const auto all_of = [](const auto& values) {
    freshet::prefetch(values.data(), values.size() * sizeof(values[0]));
  };
  all_of(peaks_);
  std::visit(
      [&](const auto& sums) {
        all_of(sums.weights);
        all_of(sums.values);
      },
      sums_);
}

}  // namespace freshet::scorer
