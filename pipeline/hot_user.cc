#include "pipeline/hot_user.h"

#include <algorithm>
#include <utility>

namespace freshet::pipeline {
namespace {

scorer::PooledClick pooled_click(const ServedModel& model, const stateful::Click& click) {
  return {click.ts, model.model->row_of(click.item)};
}

}  // namespace

HotUser::HotUser(const ServedModel& model, stateful::UserState state,
                 std::optional<stateful::Digest> saved_term)
    : saved(saved_term), state_(std::move(state)) {
  clicks_.resize(state_.sequences.size());
  for (std::size_t b = 0; b < clicks_.size(); ++b) {
    const stateful::Sequence& sequence = state_.sequences[b];
    clicks_[b].reserve(sequence.size());
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      clicks_[b].push_back(pooled_click(model, sequence[i]));
    }
  }
  for (const PooledBehaviour& behaviour : model.pools) {
    pooled_.push_back({0, behaviour.pool.empty(), {}});
  }
}

stateful::Sequence::InsertResult HotUser::insert(const ServedModel& model, std::size_t behaviour,
                                                 const stateful::Click& click) {
  const auto result = state_.sequences[behaviour].insert(click);
  if (result.outcome != stateful::Sequence::InsertResult::Outcome::kInserted) return result;
  std::vector<scorer::PooledClick>& clicks = clicks_[behaviour];
  clicks.insert(clicks.begin() + static_cast<std::ptrdiff_t>(result.index),
                pooled_click(model, click));
  for (std::size_t p = 0; p < pooled_.size(); ++p) {
    if (model.pools[p].behaviour != behaviour || result.index >= pooled_[p].summed) continue;
    Pooled& pooled = pooled_[p];
    ++pooled.summed;
    for (std::size_t& index : pooled.fresh) {
      if (index >= result.index) ++index;
    }
    pooled.fresh.insert(std::lower_bound(pooled.fresh.begin(), pooled.fresh.end(), result.index),
                        result.index);
  }
  if (result.evicted_oldest) {
    clicks.pop_back();
    reset_sums_of_dropped(model);
  }
  return result;
}

std::size_t HotUser::collect(const ServedModel& model,
                             std::span<const stateful::BehaviourLimits> limits,
                             EventTime stream_time) {
  const std::size_t dropped = stateful::collect_invisible(limits, stream_time, &state_);
  for (std::size_t b = 0; b < clicks_.size(); ++b) clicks_[b].resize(state_.sequences[b].size());
  reset_sums_of_dropped(model);
  return dropped;
}

void HotUser::reset_sums_of_dropped(const ServedModel& model) {
  for (std::size_t p = 0; p < pooled_.size(); ++p) {
    if (pooled_[p].summed <= clicks_[model.pools[p].behaviour].size()) continue;
    pooled_[p] = {0, model.pools[p].pool.empty(), {}};
  }
}

void HotUser::refresh_pool(const PooledBehaviour& behaviour, std::size_t visible, Pooled* pooled) {
  if (pooled->fresh.empty() && pooled->summed == visible) return;
  const std::vector<scorer::PooledClick>& clicks = clicks_[behaviour.behaviour];
  const std::span<const scorer::PooledClick> now(clicks.data(), visible);
  if (pooled->summed == pooled->fresh.size()) {
    behaviour.pool.rebuild(now, &pooled->sums);
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
  pooled->fresh.clear();
}

Windows HotUser::refresh(const ServedModel& model,
                         std::span<const stateful::BehaviourLimits> limits, EventTime stream_time) {
  Windows windows(limits.size());
  for (std::size_t b = 0; b < limits.size(); ++b) {
    windows[b] = state_.sequences[b].visible(stream_time, limits[b].age_max);
  }
  for (std::size_t p = 0; p < pooled_.size(); ++p) {
    refresh_pool(model.pools[p], windows[model.pools[p].behaviour].count, &pooled_[p]);
  }
  return windows;
}

void HotUser::representation(const ServedModel& model, const Windows& windows,
                             std::vector<scorer::PoolSums>* scratch, std::span<float> u) const {
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
    const std::span<const scorer::PooledClick> clicks = clicks_[behaviour.behaviour];
    const std::span<const scorer::PooledClick> visible = clicks.subspan(window.first, window.count);
    scorer::PoolSums& sums = (*scratch)[p];
    sums = pooled.sums;
    // Sliding costs a term for each click that differs, rebuilding one for each that is there.
    if (window.first > window.count || end < pooled.summed) {
      behaviour.pool.rebuild(visible, &sums);
    } else {
      behaviour.pool.slide(visible, clicks.first(std::min(window.first, pooled.summed)),
                           clicks.subspan(pooled.summed, end - pooled.summed), &sums);
    }
    behaviour.pool.representation(sums, out);
  }
}

void HotUser::recent_rows(std::size_t behaviour, stateful::Window window, std::size_t count,
                          std::vector<scorer::ItemRow>* rows) const {
  rows->clear();
  const std::vector<scorer::PooledClick>& clicks = clicks_[behaviour];
  for (std::size_t i = window.first; i < window.first + window.count && rows->size() < count; ++i) {
    if (clicks[i].row) rows->push_back(*clicks[i].row);
  }
}

std::size_t HotUser::bytes() const {
  std::size_t bytes = sizeof(HotUser) + state_.heap_bytes();
  for (const auto& clicks : clicks_) {
    bytes += sizeof(clicks) + clicks.capacity() * sizeof(scorer::PooledClick);
  }
  for (const Pooled& pooled : pooled_) {
    bytes += sizeof(Pooled) + scorer::heap_bytes(pooled.sums) +
             pooled.fresh.capacity() * sizeof(std::size_t);
  }
  return bytes;
}

}  // namespace freshet::pipeline
