#include "scorer/candidates/top_k.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "common/check.h"

namespace freshet::scorer {
namespace {

// Room for those that pass the threshold before it is raised again: with as many as are wanted and
// some, a selection is seldom and the threshold never far behind.
constexpr std::size_t kSpare = 64;

// So many are sorted by comparing all with all, which takes no branch.
constexpr std::size_t kRanked = 32;

// The logit as an integer of the same order, the two zeros being one, and below it the id's rank
// turned round.
std::int64_t order_of(float logit, std::uint32_t id_rank) {
  const auto bits = std::bit_cast<std::int32_t>(logit + 0.0F);
  const std::int32_t ordered = bits ^ ((bits >> 31) & std::numeric_limits<std::int32_t>::max());
  return (std::int64_t{ordered} << 32) | std::int64_t{~id_rank};
}

// Puts those that `is_first` holds for before the others, and returns how many they are. Which side
// an item goes to is as good as random, so it is written to both and counted for one: a branch
// would be guessed wrong every other time.
template <class IsFirst>
std::size_t split(std::span<RankedItem> items, RankedItem* room, const IsFirst& is_first) {
  std::size_t first = 0;
  std::size_t others = 0;
  for (const RankedItem item : items) {
    items[first] = item;
    room[others] = item;
    const auto is = static_cast<std::size_t>(is_first(item.order));
    first += is;
    others += 1 - is;
  }
  std::copy_n(room, others, items.begin() + static_cast<std::ptrdiff_t>(first));
  return first;
}

// By a pivot from among them, the middle one of three that are drawn, so that no order of the
// candidates is a bad one: how many now stand first, each better than the rest, and where what
// is left to part begins. Of items that are all equal nothing is left.
struct Parts {
  std::size_t first;
  std::size_t rest;
};
Parts parts_of(std::span<RankedItem> items, RankedItem* room, std::uint64_t* draws) {
  const auto drawn = [&] {
    *draws = *draws * 6364136223846793005U + 1442695040888963407U;
    return items[((*draws >> 32) * items.size()) >> 32].order;
  };
  const std::int64_t a = drawn();
  const std::int64_t b = drawn();
  const std::int64_t pivot = std::max(std::min(a, b), std::min(std::max(a, b), drawn()));
  const auto better = [&](std::int64_t order) { return order > pivot; };
  if (const std::size_t first = split(items, room, better); first > 0) return {first, first};
  // None is better than the pivot: those that are equal are in order already.
  return {0, split(items, room, [&](std::int64_t order) { return order == pivot; })};
}

// Puts the k best first, in any order. `room` has places for all.
void select(std::span<RankedItem> items, std::size_t k, RankedItem* room, std::uint64_t* draws) {
  std::size_t begin = 0;
  std::size_t end = items.size();
  while (begin < k && k < end) {
    const auto [first, rest] = parts_of(items.subspan(begin, end - begin), room, draws);
    if (begin + first > k) {
      end = begin + first;
    } else {
      begin += rest;
    }
  }
}

// Best first. `room` has places for all.
void sort(std::span<RankedItem> items, RankedItem* room, std::uint64_t* draws) {
  while (items.size() > kRanked) {
    const auto [first, rest] = parts_of(items, room, draws);
    // The larger part goes on here, so that no more than log2 of them nest.
    const bool front = first > items.size() - rest;
    sort(front ? items.subspan(rest) : items.first(first), room, draws);
    items = front ? items.first(first) : items.subspan(rest);
  }
  // Each item's place is the number of those before it.
  std::array<std::int64_t, kRanked> orders;
  orders.fill(std::numeric_limits<std::int64_t>::min());
  for (std::size_t i = 0; i < items.size(); ++i) orders[i] = items[i].order;
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::int64_t place = 0;
    for (std::size_t j = 0; j < kRanked; ++j) {
      place +=
          static_cast<std::int64_t>((orders[j] > orders[i]) | ((orders[j] == orders[i]) & (j < i)));
    }
    room[place] = items[i];
  }
  std::copy_n(room, items.size(), items.begin());
}

}  // namespace

TopK top_k(std::span<const ItemRow> candidates, std::span<const CandidateLogit> logits,
           std::span<const std::uint32_t> id_rank, std::size_t k) {
  FRESHET_CHECK(candidates.size() == logits.size());
  TopK best;
  k = std::min(k, candidates.size());
  const std::size_t room = std::min(2 * k + kSpare, candidates.size());
  // Behind those that are kept, room for a selection.
  best.items.resize(2 * room);
  const std::span<RankedItem> places = std::span(best.items).first(room);
  std::size_t kept = 0;
  std::uint64_t draws = 1;
  const auto keep_best = [&] {
    select(places.first(kept), k, best.items.data() + room, &draws);
    kept = std::min(kept, k);
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
    if (kept == room) {
      keep_best();
      for (threshold = places[0].logit; const RankedItem& item : places.first(kept)) {
        threshold = std::min(threshold, item.logit);
      }
      if (logit < threshold) continue;
    }
    places[kept] = {candidates[i], logit, order_of(logit, id_rank[candidates[i].value])};
    ++kept;
  }
  keep_best();
  sort(places.first(kept), best.items.data() + room, &draws);
  best.items.resize(kept);
  return best;
}

}  // namespace freshet::scorer
