#include "scorer/traditional_sums.h"

#include "common/prefetch.h"

namespace freshet::scorer {

std::size_t TraditionalSums::heap_bytes() const {
  const auto bytes = [](const auto& values) { return values.capacity() * sizeof(values[0]); };
  return bytes(peaks_) +
         std::visit([&](const auto& sums) { return bytes(sums.weights) + bytes(sums.values); },
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
