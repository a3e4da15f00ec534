// The k best candidates: by logit, descending; ties by item id, ascending as unsigned bytes.
//
// Errors:  none; candidates with a non-finite logit are left out and counted
// Cost:    O(C + k log k): a comparison with the k-th best so far and, for the few that pass it, a
//          place among 2 k, which are selected from and sorted without a branch on their order
// Oracle:  a full sort (tests/unit/scorer/top_k_test.cc)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scorer/candidates/candidate_scorer.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

struct RankedItem {
  ItemRow row;
  float logit = 0;
  std::int64_t order = 0;  // of what is ranked together; the larger is the better
};

struct TopK {
  std::vector<RankedItem> items;  // at most k, best first
  std::size_t non_finite = 0;     // candidates left out
};

// `id_rank` is Model::item_id_rank. A row that is given twice is ranked twice.
TopK top_k(std::span<const ItemRow> candidates, std::span<const CandidateLogit> logits,
           std::span<const std::uint32_t> id_rank, std::size_t k);

}  // namespace freshet::scorer
