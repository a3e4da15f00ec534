#include "scorer/candidates/top_k.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/check.h"

namespace freshet::scorer {
namespace {

// Room for those that pass the threshold before it is raised again: with as many as are wanted and
// some, a selection is seldom and the threshold never far behind.
constexpr std::size_t kSpare = 64;

}  // namespace

TopK top_k(std::span<const ItemRow> candidates, std::span<const CandidateLogit> logits,
           std::span<const std::uint32_t> id_rank, std::size_t k) {
  FRESHET_CHECK(candidates.size() == logits.size());
  TopK best;
  std::vector<RankedItem>& kept = best.items;
  k = std::min(k, candidates.size());
  const std::size_t room = std::min(2 * k + kSpare, candidates.size());
  kept.reserve(room);
  const auto better = [&](const RankedItem& left, const RankedItem& right) {
    if (left.logit != right.logit) return left.logit > right.logit;
    return id_rank[left.row.value] < id_rank[right.row.value];
  };
  const auto keep_best = [&] {
    if (kept.size() <= k) return;
    std::nth_element(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(k), kept.end(),
                     better);
    kept.resize(k);
  };
  // The logit of the last of the k best so far. Only what reaches it can be among the best: an
  // equal one may have the smaller id.
  float threshold = std::numeric_limits<float>::lowest();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const float logit = logits[i].total;
    if (!std::isfinite(logit)) {
      ++best.non_finite;
      continue;
    }
    if (logit < threshold || k == 0) continue;
    if (kept.size() == room) {
      keep_best();
      threshold = std::min_element(kept.begin(), kept.end(), [](const auto& a, const auto& b) {
                    return a.logit < b.logit;
                  })->logit;
      if (logit < threshold) continue;
    }
    kept.push_back({candidates[i], logit});
  }
  keep_best();
  std::sort(kept.begin(), kept.end(), better);
  return best;
}

}  // namespace freshet::scorer
