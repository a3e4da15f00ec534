#include "bench/latency/quantiles.h"

#include <algorithm>

#include "common/check.h"

namespace freshet::bench {

Quantiles quantiles_of(std::vector<std::chrono::nanoseconds> values) {
  FRESHET_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  // Of thousandths, so that a rank is exact.
  const auto at = [&](std::size_t thousandths) {
    const std::size_t rank = (values.size() * thousandths + 999) / 1'000;
    return values[rank - 1];
  };
  return {values.size(), at(500), at(990), at(999), values.back()};
}

}  // namespace freshet::bench
