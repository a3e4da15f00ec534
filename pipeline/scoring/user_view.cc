#include "pipeline/scoring/user_view.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/check.h"
#include "common/prefetch.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kLookedUpTogether = 16;

scorer::PooledClick pooled_click(const ServedModel& model, const stateful::Click& click) {
  return {click.ts, model.model->row_of(click.item)};
}

}  // namespace

UserView::UserView(const ServedModel& model, const stateful::UserState& state)
    : serial_(model.serial) {
  clicks_.reserve(state.sequences.size());
  for (const stateful::Sequence& sequence : state.sequences) {
    ClickRun& clicks = clicks_.emplace_back();
    clicks.reserve(sequence.size());
    // Each look-up waits for memory twice, for several at once no longer.
    for (std::size_t end = sequence.size(); end > 0;) {
      const std::size_t begin = end - std::min(end, kLookedUpTogether);
      std::array<std::uint32_t, kLookedUpTogether> hashes;
      for (std::size_t i = begin; i < end; ++i) {
        hashes[i - begin] = scorer::Model::hash_of(sequence[i].item);
        model.model->prefetch_row_of(hashes[i - begin]);
      }
      for (std::size_t i = begin; i < end; ++i) {
        static_cast<void>(model.model->prefetch_id_of(hashes[i - begin]));
      }
      for (; end > begin; --end) clicks.insert(0, pooled_click(model, sequence[end - 1]));
    }
  }
  pooled_.reserve(model.pools.size());
  for (const PooledBehaviour& behaviour : model.pools) {
    pooled_.emplace_back(Pooled{0, behaviour.pool.empty(), {}});
  }
}

void UserView::note_insert(const ServedModel& model, std::size_t behaviour,
                           const stateful::Click& click,
                           const stateful::Sequence::InsertResult& result) {
  FRESHET_CHECK(model.serial == serial_);
  if (result.outcome != stateful::Sequence::InsertResult::Outcome::kInserted) return;
  ClickRun& clicks = clicks_[behaviour];
  clicks.insert(result.index, pooled_click(model, click));
  for (std::size_t p = 0; p < pooled_.size(); ++p) {
    if (model.pools[p].behaviour != behaviour || result.index >= pooled_[p].summed) continue;
    Pooled& pooled = pooled_[p];
    ++pooled.summed;
    for (std::size_t& index : pooled.fresh) {
      if (index >= result.index) ++index;
    }
    pooled.fresh.emplace_back(result.index);
    for (std::size_t i = pooled.fresh.size() - 1; i > 0; --i) {
      if (pooled.fresh[i - 1] < pooled.fresh[i]) break;
      std::swap(pooled.fresh[i - 1], pooled.fresh[i]);
    }
  }
  if (!result.evicted_oldest) return;
  clicks.truncate(clicks.size() - 1);
  reset_sums_of_dropped(model);
}

void UserView::note_collect(const ServedModel& model, const stateful::UserState& state) {
  FRESHET_CHECK(model.serial == serial_);
  for (std::size_t b = 0; b < clicks_.size(); ++b) clicks_[b].truncate(state.sequences[b].size());
  reset_sums_of_dropped(model);
}

void UserView::reset_sums_of_dropped(const ServedModel& model) {
  for (std::size_t p = 0; p < pooled_.size(); ++p) {
    if (pooled_[p].summed <= clicks_[model.pools[p].behaviour].size()) continue;
    pooled_[p] = {0, model.pools[p].pool.empty(), {}};
  }
}

void UserView::refresh_pool(const PooledBehaviour& behaviour, std::size_t visible, Pooled* pooled) {
  if (pooled->fresh.empty() && pooled->summed == visible) return;
  const std::span<const scorer::PooledClick> clicks = clicks_[behaviour.behaviour].view();
  const std::span<const scorer::PooledClick> now = clicks.first(visible);
  if (pooled->summed == pooled->fresh.size()) {
    behaviour.pool.rebuild(now, &pooled->sums);
  } else if (pooled->fresh.size() == 1 && pooled->fresh[0] < visible && visible <= pooled->summed) {
    // A click came and at most some of the oldest left: what moves lies as the pool takes it.
    behaviour.pool.slide(now, clicks.subspan(visible, pooled->summed - visible),
                         clicks.subspan(pooled->fresh[0], 1), &pooled->sums);
  } else {
    std::vector<scorer::PooledClick> added;
    std::vector<scorer::PooledClick> removed;
    for (std::size_t i = std::min(visible, pooled->summed); i < pooled->summed; ++i) {
      if (!std::binary_search(pooled->fresh.begin(), pooled->fresh.end(), i)) {
        removed.push_back(clicks[i]);
      }
    }
    for (const std::size_t index : pooled->fresh) {
      if (index < visible) added.push_back(clicks[index]);
    }
    for (std::size_t i = pooled->summed; i < visible; ++i) added.push_back(clicks[i]);
    behaviour.pool.slide(now, removed, added, &pooled->sums);
  }
  pooled->summed = visible;
  pooled->fresh.truncate(0);
}

void UserView::refresh(const ServedModel& model, const Windows& visible) {
  FRESHET_CHECK(model.serial == serial_);
  for (std::size_t p = 0; p < pooled_.size(); ++p) {
    refresh_pool(model.pools[p], visible[model.pools[p].behaviour].count, &pooled_[p]);
  }
}

void UserView::representation(const ServedModel& model, const Windows& windows,
                              std::vector<scorer::PoolSums>* scratch, std::span<float> u) const {
  FRESHET_CHECK(model.serial == serial_);
  const std::size_t dim = model.model->embedding_dim;
  if (pooled_.empty()) std::fill(u.begin(), u.end(), 0.0F);
  scratch->resize(pooled_.size());
  for (std::size_t p = 0; p < pooled_.size(); ++p) {
    const PooledBehaviour& behaviour = model.pools[p];
    const Pooled& pooled = pooled_[p];
    const std::span<float> out = u.subspan(p * dim, dim);
    const stateful::Window window = windows[behaviour.behaviour];
    const std::size_t end = window.first + window.count;
    if (window.first == 0 && end == pooled.summed) {
      behaviour.pool.representation(pooled.sums, out);
      continue;
    }
    const std::span<const scorer::PooledClick> clicks = clicks_[behaviour.behaviour].view();
    const std::span<const scorer::PooledClick> visible = clicks.subspan(window.first, window.count);
    scorer::PoolSums& sums = (*scratch)[p];
    // Sliding costs a term for each click that differs, rebuilding one for each that is there.
    if (window.first > window.count || end < pooled.summed) {
      // Of the pool's kind; what else is in there does not matter.
      if (sums.index() != pooled.sums.index()) sums = behaviour.pool.empty();
      behaviour.pool.rebuild(visible, &sums);
    } else {
      sums = pooled.sums;
      behaviour.pool.slide(visible, clicks.first(std::min(window.first, pooled.summed)),
                           clicks.subspan(pooled.summed, end - pooled.summed), &sums);
    }
    behaviour.pool.representation(sums, out);
  }
}

void UserView::recent_rows(std::size_t behaviour, stateful::Window window, std::size_t count,
                           std::vector<scorer::ItemRow>* rows) const {
  rows->clear();
  const ClickRun& clicks = clicks_[behaviour];
  for (std::size_t i = window.first; i < window.first + window.count && rows->size() < count; ++i) {
    if (clicks[i].row) rows->push_back(*clicks[i].row);
  }
}

void UserView::prefetch_lists() const {
  clicks_.prefetch_others();
  pooled_.prefetch_others();
}

void UserView::prefetch_sums() const {
  for (const ClickRun& clicks : clicks_) clicks.prefetch_ends();
  for (const Pooled& pooled : pooled_) {
    // Of self-attention a click moves every row: too much to fetch ahead.
    const auto* sums = std::get_if<scorer::TraditionalSums>(&pooled.sums);
    if (sums != nullptr) sums->prefetch();
  }
}

void UserView::prefetch_leaving(const ServedModel& model) const {
  if (model.serial != serial_) return;
  for (std::size_t p = 0; p < pooled_.size(); ++p) {
    const ClickRun& clicks = clicks_[model.pools[p].behaviour];
    const std::size_t oldest = pooled_[p].summed;
    if (oldest == 0 || oldest > clicks.size()) continue;
    if (const auto row = clicks[oldest - 1].row) model.pools[p].pool.prefetch(*row);
  }
}

std::size_t UserView::heap_bytes() const {
  std::size_t bytes = clicks_.heap_bytes() + pooled_.heap_bytes();
  for (const ClickRun& clicks : clicks_) bytes += clicks.heap_bytes();
  for (const Pooled& pooled : pooled_) {
    bytes += scorer::heap_bytes(pooled.sums) + pooled.fresh.heap_bytes();
  }
  return bytes;
}

}  // namespace freshet::pipeline
