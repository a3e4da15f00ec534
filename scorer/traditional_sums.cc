#include "scorer/traditional_sums.h"

namespace freshet::scorer {

std::size_t TraditionalSums::heap_bytes() const {
  const auto bytes = [](const auto& values) { return values.capacity() * sizeof(values[0]); };
  return bytes(peaks_) +
         std::visit([&](const auto& sums) { return bytes(sums.weights) + bytes(sums.values); },
                    sums_);
}

}  // namespace freshet::scorer
