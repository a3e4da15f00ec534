#include "scorer/top_k.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"

namespace freshet::scorer {

TopK top_k(std::span<const ItemRow> candidates, std::span<const CandidateLogit> logits,
           std::span<const std::uint32_t> id_rank, std::size_t k) {
  FRESHET_CHECK(candidates.size() == logits.size());
  TopK best;
  best.items.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (std::isfinite(logits[i].total)) {
      best.items.push_back({candidates[i], logits[i].total});
    } else {
      ++best.non_finite;
    }
  }
  const auto better = [&](const RankedItem& left, const RankedItem& right) {
    if (left.logit != right.logit) return left.logit > right.logit;
    return id_rank[left.row.value] < id_rank[right.row.value];
  };
  if (k < best.items.size()) {
    const auto end = best.items.begin() + static_cast<std::ptrdiff_t>(k);
    std::nth_element(best.items.begin(), end, best.items.end(), better);
    best.items.resize(k);
  }
  std::sort(best.items.begin(), best.items.end(), better);
  return best;
}

}  // namespace freshet::scorer
