#include "bench/latency/arrivals.h"

#include <cmath>

#include "common/check.h"
#include "common/random.h"

namespace freshet::bench {

std::vector<std::chrono::nanoseconds> arrivals(double clicks_per_s,
                                               std::chrono::nanoseconds duration,
                                               std::uint64_t seed) {
  FRESHET_CHECK(std::isfinite(clicks_per_s) && clicks_per_s > 0);
  Random random(seed);
  std::vector<std::chrono::nanoseconds> due;
  double at_s = 0;
  while (true) {
    at_s -= std::log1p(-random.unit()) / clicks_per_s;
    const auto at = std::chrono::nanoseconds(static_cast<std::int64_t>(at_s * 1e9));
    if (at >= duration) return due;
    due.push_back(at);
  }
}

}  // namespace freshet::bench
