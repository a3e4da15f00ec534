// The clicks that the benches of pools slide their windows over, and how the reference takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/random.h"
#include "scorer/pooling/pooled_click.h"
#include "scorer/reference/reference.h"

namespace freshet::scorer {

// One a millisecond, each on one of `items` rows.
inline std::vector<PooledClick> bench_clicks(std::size_t count, std::size_t items) {
  Random random(1);
  std::vector<PooledClick> clicks;
  clicks.reserve(count);
  for (std::size_t k = 0; k < count; ++k) {
    const auto row = static_cast<std::uint32_t>(random.below(items));
    clicks.push_back({EventTime{1'600'000'000'000 + static_cast<std::int64_t>(k)}, {{row}}});
  }
  return clicks;
}

inline std::vector<ReferenceClick> as_reference(std::span<const PooledClick> clicks) {
  std::vector<ReferenceClick> result;
  for (const PooledClick& click : clicks) result.push_back({click.ts, click.row});
  return result;
}

}  // namespace freshet::scorer
