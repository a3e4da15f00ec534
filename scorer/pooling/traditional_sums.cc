#include "scorer/pooling/traditional_sums.h"

#include "common/heap_bytes.h"
#include "common/prefetch.h"

namespace freshet::scorer {

std::size_t TraditionalSums::heap_bytes() const {
  return vector_heap_bytes(peaks_) +
         std::visit([](const auto& sums) { return vector_heap_bytes(sums.all); }, sums_);
}

void TraditionalSums::prefetch() const {
  freshet::prefetch(peaks_.data(), peaks_.size() * sizeof(Peak));
  std::visit(
      [](const auto& sums) {
        freshet::prefetch(sums.all.data(), sums.all.size() * sizeof(sums.all[0]));
      },
      sums_);
}

}  // namespace freshet::scorer
