#include "pipeline/status/divergence.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace freshet::pipeline {
namespace {

void sort_by_item(const std::vector<PublishedScore>& scores, std::vector<PublishedScore>* out) {
  out->assign(scores.begin(), scores.end());
  std::sort(out->begin(), out->end(),
            [](const auto& a, const auto& b) { return a.item_id < b.item_id; });
}

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Divergence& Divergence::operator+=(const Divergence& other) {
  events += other.events;
  top_equal += other.top_equal;
  items += other.items;
  common_items += other.common_items;
  score_difference += other.score_difference;
  return *this;
}

std::string describe(const Divergence& divergence) {
  char text[240];
  std::snprintf(
      text, sizeof text,
      "shadow: %llu events compared, the best item is the same in %.1f %%, %.1f %% of the "
      "published items are, whose scores differ by %.4f on average\n",
      static_cast<unsigned long long>(divergence.events),
      100 * share_of(divergence.top_equal, divergence.events),
      100 * share_of(divergence.common_items, divergence.items),
      divergence.common_items == 0
          ? 0.0
          : divergence.score_difference / static_cast<double>(divergence.common_items));
  return text;
}

void DivergenceMeter::compare(const std::vector<PublishedScore>& primary,
                              const std::vector<PublishedScore>& other, Divergence* divergence) {
  if (primary.empty() || other.empty()) return;
  ++divergence->events;
  if (primary.front().item_id == other.front().item_id) ++divergence->top_equal;
  divergence->items += std::max(primary.size(), other.size());
  sort_by_item(primary, &primary_);
  sort_by_item(other, &other_);
  auto left = primary_.begin();
  auto right = other_.begin();
  while (left != primary_.end() && right != other_.end()) {
    if (left->item_id == right->item_id) {
      ++divergence->common_items;
      divergence->score_difference += std::fabs(double{left->score} - double{right->score});
      ++left;
      ++right;
    } else {
      ++(left->item_id < right->item_id ? left : right);
    }
  }
}

}  // namespace freshet::pipeline
