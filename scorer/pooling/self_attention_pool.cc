#include "scorer/pooling/self_attention_pool.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/check.h"
#include "common/prefetch.h"
#include "scorer/exp64.h"
#include "scorer/float_mode.h"
#include "scorer/kernels.h"
#include "scorer/model/model_limits.h"
#include "scorer/pooling/row_kernels.h"

namespace freshet::scorer {
namespace {

double shift_of(std::int32_t bucket) { return kShiftStep * static_cast<double>(bucket); }

template <class Int>
std::span<Int> row_of(AlignedVector<Int>* values, std::size_t row, std::size_t dim) {
  return std::span<Int>(*values).subspan(row * dim, dim);
}

}  // namespace

// The rows [first, first + count) that see clicks come and leave.
struct SelfAttentionPool::RowBlock {
  std::size_t first = 0;
  std::size_t count = 0;
  std::array<const double*, kBlockRows> queries;
  // Of the click that comes and the one that leaves: scores, then weights, then those on the grid.
  std::array<double, kBlockRows> in{};
  std::array<double, kBlockRows> out{};
  std::array<double, kBlockRows> shift;
  std::array<double, kBlockRows> share;  // what the row counts in the total
  std::array<bool, kBlockRows> moved;    // the row's shift moved: it is rebuilt
};

Result<SelfAttentionPool> SelfAttentionPool::create(std::shared_ptr<const Model> model,
                                                    std::size_t behaviour, std::size_t length_max) {
  FRESHET_CHECK(model != nullptr && behaviour < model->behaviours.size());
  FRESHET_CHECK(has_float_mode());
  const SelfAttention* attention = model->behaviours[behaviour].self();
  FRESHET_CHECK(attention != nullptr);
  const Result<PoolGrid> grid = choose_grid(model->items, length_max, kRowPlacesMax);
  if (!grid) return tl::unexpected(grid.error());
  Result<PairScores> scores = PairScores::create(*model, behaviour);
  if (!scores) return tl::unexpected(scores.error());
  return SelfAttentionPool(std::move(model), attention, std::move(*scores), *grid);
}

SelfAttentionPool::SelfAttentionPool(std::shared_ptr<const Model> model,
                                     const SelfAttention* attention, PairScores scores,
                                     PoolGrid grid)
    : model_(std::move(model)),
      attention_(attention),
      scores_(std::move(scores)),
      grid_(grid),
      wv_(transposed<double>(attention->wv)),
      recency_per_ms_(attention->recency_per_day / kMsPerDay),
      weight_scale_(std::ldexp(1.0, grid.weight_places)),
      value_scale_(std::ldexp(1.0, grid.value_places)) {}

RowSums SelfAttentionPool::empty() const {
  RowSums sums;
  const auto zeros = [&]<class Int>(Int zero) {
    sums.sums_ = RowSums::Sums<Int>{{}, {}, std::vector<Int>(model_->embedding_dim, zero)};
  };
  grid_.wide ? zeros(Int128{0}) : zeros(std::int64_t{0});
  return sums;
}

double SelfAttentionPool::recency_of(EventTime ts) const {
  return recency_per_ms_ * static_cast<double>(ts.ms - kRecencyOriginMs);
}

const float* SelfAttentionPool::x(ItemRow item) const { return model_->items.row(item.value); }

void SelfAttentionPool::prefetch(ItemRow item) const {
  scores_.prefetch(item);
  freshet::prefetch(x(item), model_->embedding_dim * sizeof(float));
}

std::size_t SelfAttentionPool::newest(std::span<const RowSums::Click> clicks) const {
  const auto older = [&](const RowSums::Click& left, const RowSums::Click& right) {
    if (left.ts != right.ts) return left.ts < right.ts;
    return model_->item_id_rank[left.item.value] < model_->item_id_rank[right.item.value];
  };
  return static_cast<std::size_t>(std::max_element(clicks.begin(), clicks.end(), older) -
                                  clicks.begin());
}

void SelfAttentionPool::score_keys(const RowSums::Click& query,
                                   std::span<const RowSums::Click> keys,
                                   std::span<double> e) const {
  std::array<const double*, kBlockRows> rows;
  for (std::size_t first = 0; first < keys.size(); first += kBlockRows) {
    const std::size_t count = std::min(kBlockRows, keys.size() - first);
    for (std::size_t r = 0; r < count; ++r) rows[r] = scores_.key(keys[first + r].item);
    scores_.scores(std::span(rows).first(count), scores_.query(query.item),
                   e.subspan(first, count));
  }
  if (recency_per_ms_ == 0.0) return;
  for (std::size_t j = 0; j < keys.size(); ++j) e[j] += recency_of(keys[j].ts);
}

RowSums::Peak SelfAttentionPool::peak_of(std::span<const double> scores) {
  RowSums::Peak peak;
  std::array<std::int32_t, kBlockRows> buckets;
  for (std::size_t first = 0; first < scores.size(); first += kBlockRows) {
    const std::size_t count = std::min(kBlockRows, scores.size() - first);
    // Loops without a branch each, which the compiler makes vectors of.
    for (std::size_t r = 0; r < count; ++r) buckets[r] = bucket_of_score(scores[first + r]);
    std::int32_t largest = buckets[0];
    for (std::size_t r = 1; r < count; ++r) largest = std::max(largest, buckets[r]);
    std::uint32_t clicks = 0;
    for (std::size_t r = 0; r < count; ++r) {
      clicks += static_cast<std::uint32_t>(buckets[r] == largest);
    }
    if (peak.clicks == 0 || largest > peak.bucket) peak = {largest, 0};
    if (largest == peak.bucket) peak.clicks += clicks;
  }
  return peak;
}

template <class Int>
void SelfAttentionPool::rebuild_row(std::size_t i, RowSums* sums, RowSums::Sums<Int>* exact) const {
  const std::span<const RowSums::Click> clicks = sums->clicks_;
  sums->scratch_.resize(clicks.size());
  const std::span<double> weights = sums->scratch_;
  score_keys(clicks[i], clicks, weights);
  const RowSums::Peak peak = peak_of(weights);
  sums->peaks_[i] = peak;
  std::array<double, kBlockRows> shifts;
  shifts.fill(shift_of(peak.bucket));
  std::array<const float*, kBlockRows> items;
  const std::span<Int> values = row_of(&exact->values, i, model_->embedding_dim);
  std::fill(values.begin(), values.end(), Int{0});
  exact->weights[i] = 0;
  for (std::size_t first = 0; first < clicks.size(); first += kBlockRows) {
    const std::size_t count = std::min(kBlockRows, clicks.size() - first);
    const std::span<double> block = weights.subspan(first, count);
    weigh(std::span(shifts).first(count), block);
    add_weights(block, weight_scale_, &exact->weights[i]);
    for (double& weight : block) weight *= value_scale_;
    for (std::size_t r = 0; r < count; ++r) items[r] = x(clicks[first + r].item);
    add_terms(std::span(items).first(count), block, values);
  }
}

template <class Int>
void SelfAttentionPool::add_to_total(std::size_t i, RowSums::Sums<Int>* exact) const {
  // Half of 2^g_w, so that the quotient stays within what the narrow kernel rounds.
  const double scale = 0.5 * weight_scale_ / static_cast<double>(exact->weights[i]);
  add_row(std::span<const Int>(row_of(&exact->values, i, model_->embedding_dim)), scale,
          std::span<Int>(exact->total));
}

template <class Int>
void SelfAttentionPool::resize_rows(std::size_t rows, RowSums* sums,
                                    RowSums::Sums<Int>* exact) const {
  sums->peaks_.resize(rows);
  exact->weights.resize(rows);
  exact->values.resize(rows * model_->embedding_dim);
}

void SelfAttentionPool::rebuild(std::span<const PooledClick> visible, RowSums* sums) const {
  sums->clicks_.clear();
  for (const PooledClick& click : visible) {
    if (click.row) sums->clicks_.push_back({click.ts, *click.row});
  }
  std::size_t rows = sums->clicks_.size();
  if (attention_->pool == RowPool::kLast && rows > 0) {
    std::swap(sums->clicks_[0], sums->clicks_[newest(sums->clicks_)]);
    rows = 1;
  }
  std::visit(
      [&](auto& exact) {
        resize_rows(rows, sums, &exact);
        std::fill(exact.total.begin(), exact.total.end(), 0);
        for (std::size_t i = 0; i < rows; ++i) {
          rebuild_row(i, sums, &exact);
          add_to_total(i, &exact);
        }
      },
      sums->sums_);
}

template <class Int>
bool SelfAttentionPool::drop(const PooledClick& click, RowSums* sums,
                             RowSums::Sums<Int>* exact) const {
  const RowSums::Click gone{click.ts, *click.row};
  const auto found = std::find(sums->clicks_.begin(), sums->clicks_.end(), gone);
  if (found == sums->clicks_.end()) return false;
  const auto hole = static_cast<std::size_t>(found - sums->clicks_.begin());
  const std::size_t last = sums->clicks_.size() - 1;
  if (hole != last) {
    *found = sums->clicks_[last];
    sums->peaks_[hole] = sums->peaks_[last];
    exact->weights[hole] = exact->weights[last];
    const std::span<Int> from = row_of(&exact->values, last, model_->embedding_dim);
    std::copy(from.begin(), from.end(),
              row_of(&exact->values, hole, model_->embedding_dim).begin());
  }
  sums->clicks_.pop_back();
  return true;
}

SelfAttentionPool::ClickChange SelfAttentionPool::change_at(std::span<const PooledClick> removed,
                                                            std::span<const PooledClick> added,
                                                            std::size_t k) {
  const auto known = [&](std::span<const PooledClick> clicks) {
    return k < clicks.size() && clicks[k].row ? &clicks[k] : nullptr;
  };
  return {known(added), known(removed)};
}

void SelfAttentionPool::score_rows(const PooledClick* click, const RowBlock& block,
                                   std::array<double, kBlockRows>* scores) const {
  const std::span<double> e = std::span(*scores).first(block.count);
  if (click == nullptr) {
    std::fill(e.begin(), e.end(), 0.0);
    return;
  }
  scores_.scores(std::span(block.queries).first(block.count), scores_.key(*click->row), e);
  if (recency_per_ms_ == 0.0) return;
  const double recency = recency_of(click->ts);
  for (double& value : e) value += recency;
}

void SelfAttentionPool::move_peaks(const ClickChange& change, RowBlock* block,
                                   std::span<RowSums::Peak> peaks) {
  // In loops of their own, which the compiler makes vectors of.
  std::array<std::int32_t, kBlockRows> in;
  std::array<std::int32_t, kBlockRows> out;
  for (std::size_t r = 0; r < kBlockRows; ++r) in[r] = bucket_of_score(block->in[r]);
  for (std::size_t r = 0; r < kBlockRows; ++r) out[r] = bucket_of_score(block->out[r]);
  const bool comes = change.in != nullptr;
  const bool leaves = change.out != nullptr;
  for (std::size_t r = 0; r < peaks.size(); ++r) {
    RowSums::Peak& peak = peaks[r];
    block->shift[r] = shift_of(peak.bucket);
    peak.clicks += static_cast<std::uint32_t>(comes & (in[r] == peak.bucket));
    peak.clicks -= static_cast<std::uint32_t>(leaves & (out[r] == peak.bucket));
    block->moved[r] |= (peak.clicks == 0) | (comes & (in[r] > peak.bucket));
  }
}

template <class Int>
void SelfAttentionPool::change_rows(const ClickChange& change, bool last, RowBlock* block,
                                    RowSums* sums, RowSums::Sums<Int>* exact) const {
  const std::size_t count = block->count;
  score_rows(change.in, *block, &block->in);
  score_rows(change.out, *block, &block->out);
  move_peaks(change, block, std::span(sums->peaks_).subspan(block->first, count));
  const std::span<const double> shift = std::span(block->shift).first(count);
  const ClickWeights weights{std::span(block->in).first(count), std::span(block->out).first(count)};
  if (change.in != nullptr) weigh(shift, std::span(block->in).first(count));
  if (change.out != nullptr) weigh(shift, std::span(block->out).first(count));

  const std::span<double> share = std::span(block->share).first(count);
  swap_weights(weights, weight_scale_, std::span(exact->weights).subspan(block->first, count),
               share);
  for (std::size_t r = 0; r < count; ++r) {
    block->in[r] *= value_scale_;
    block->out[r] *= value_scale_;
    // What is not final yet counts nothing in the total.
    if (!last || block->moved[r]) share[r] = 0.0;
  }
  const std::size_t dim = model_->embedding_dim;
  const auto item = [&](const PooledClick* click, const PooledClick* other) {
    return x((click != nullptr ? click : other)->row.value());
  };
  swap_values(weights, item(change.in, change.out), item(change.out, change.in), share,
              std::span(exact->values).subspan(block->first * dim, count * dim),
              std::span(exact->total));
}

template <class Int>
bool SelfAttentionPool::slide_rows(std::span<const PooledClick> removed,
                                   std::span<const PooledClick> added, RowSums* sums,
                                   RowSums::Sums<Int>* exact) const {
  for (const PooledClick& click : removed) {
    if (click.row && !drop(click, sums, exact)) return false;
  }
  const std::size_t kept = sums->clicks_.size();
  for (const PooledClick& click : added) {
    if (click.row) sums->clicks_.push_back({click.ts, *click.row});
  }
  std::size_t changes = std::max(removed.size(), added.size());
  while (changes > 0 && change_at(removed, added, changes - 1).is_none()) --changes;
  if (changes == 0) return true;
  resize_rows(sums->clicks_.size(), sums, exact);
  std::fill(exact->total.begin(), exact->total.end(), Int{0});
  RowBlock block;
  for (block.first = 0; block.first < kept; block.first += kBlockRows) {
    block.count = std::min(kBlockRows, kept - block.first);
    block.moved.fill(false);
    for (std::size_t r = 0; r < block.count; ++r) {
      block.queries[r] = scores_.query(sums->clicks_[block.first + r].item);
    }
    for (std::size_t k = 0; k < changes; ++k) {
      const ClickChange change = change_at(removed, added, k);
      if (!change.is_none()) change_rows(change, k + 1 == changes, &block, sums, exact);
    }
    for (std::size_t r = 0; r < block.count; ++r) {
      if (!block.moved[r]) continue;
      rebuild_row(block.first + r, sums, exact);
      add_to_total(block.first + r, exact);
    }
  }
  for (std::size_t i = kept; i < sums->clicks_.size(); ++i) {
    rebuild_row(i, sums, exact);
    add_to_total(i, exact);
  }
  return true;
}

void SelfAttentionPool::slide(std::span<const PooledClick> visible,
                              std::span<const PooledClick> removed,
                              std::span<const PooledClick> added, RowSums* sums) const {
  // Each change costs a term in every row, a rebuild one for each click. A click that came and left
  // since has no row to take away.
  const bool slid =
      attention_->pool != RowPool::kLast && removed.size() + added.size() <= visible.size() &&
      std::visit([&](auto& exact) { return slide_rows(removed, added, sums, &exact); },
                 sums->sums_);
  if (!slid) rebuild(visible, sums);
}

void SelfAttentionPool::representation(const RowSums& sums, std::span<float> u) const {
  const std::size_t dim = model_->embedding_dim;
  FRESHET_CHECK(u.size() == dim && dim <= kEmbeddingDimMax);
  if (sums.peaks_.empty()) {
    std::fill(u.begin(), u.end(), 0.0F);
    return;
  }
  const double rows =
      attention_->pool == RowPool::kMean ? static_cast<double>(sums.peaks_.size()) : 1.0;
  const double unit = std::ldexp(1.0, 1 - grid_.value_places);
  std::array<double, kEmbeddingDimMax> pooled;
  std::visit(
      [&](const auto& exact) {
        for (std::size_t c = 0; c < dim; ++c) {
          pooled[c] = static_cast<double>(exact.total[c]) / rows * unit;
        }
      },
      sums.sums_);
  if (wv_.empty()) {
    for (std::size_t c = 0; c < dim; ++c) u[c] = static_cast<float>(pooled[c]);
    return;
  }
  std::array<double, kEmbeddingDimMax> projected;
  std::fill_n(projected.begin(), dim, 0.0);
  for (std::size_t i = 0; i < dim; ++i) {
    const double* weights = &wv_[i * dim];
    for (std::size_t c = 0; c < dim; ++c) {
      projected[c] = std::fma(pooled[i], weights[c], projected[c]);
    }
  }
  for (std::size_t c = 0; c < dim; ++c) u[c] = static_cast<float>(projected[c]);
}

std::vector<float> SelfAttentionPool::weights(std::span<const PooledClick> visible) const {
  std::vector<std::size_t> places;
  std::vector<RowSums::Click> clicks;
  for (std::size_t i = 0; i < visible.size(); ++i) {
    if (!visible[i].row) continue;
    places.push_back(i);
    clicks.push_back({visible[i].ts, *visible[i].row});
  }
  std::vector<float> result(visible.size(), 0.0F);
  if (clicks.empty()) return result;
  std::size_t first = 0;
  std::size_t end = clicks.size();
  if (attention_->pool == RowPool::kLast) {
    first = newest(clicks);
    end = first + 1;
  }
  std::vector<double> mean(clicks.size(), 0.0);
  std::vector<double> row(clicks.size());
  for (std::size_t i = first; i < end; ++i) {
    score_keys(clicks[i], clicks, row);
    const double max = *std::max_element(row.begin(), row.end());
    double sum = 0.0;
    for (double& value : row) sum += value = exp64(value - max);
    for (std::size_t j = 0; j < row.size(); ++j) mean[j] += row[j] / sum;
  }
  for (std::size_t j = 0; j < mean.size(); ++j) {
    result[places[j]] = static_cast<float>(mean[j] / static_cast<double>(end - first));
  }
  return result;
}

}  // namespace freshet::scorer
