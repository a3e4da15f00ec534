#include "scorer/self_attention_pool.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/check.h"
#include "scorer/exp64.h"
#include "scorer/float_mode.h"
#include "scorer/kernels.h"
#include "scorer/model_limits.h"
#include "scorer/row_kernels.h"

namespace freshet::scorer {
namespace {

// Rows that go through one click's scores and weights together.
constexpr std::size_t kBlockRows = 64;

template <class Int>
Int nearest_integer(double value) {
  return static_cast<Int>(std::nearbyint(value));
}

template <class Int>
std::span<Int> row_of(std::vector<Int>* values, std::size_t row, std::size_t dim) {
  return std::span<Int>(*values).subspan(row * dim, dim);
}

}  // namespace

struct SelfAttentionPool::RowBlock {
  std::size_t first = 0;
  std::size_t count = 0;
  std::array<bool, kBlockRows> moved{};  // the row's shift moved: it is rebuilt
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

double SelfAttentionPool::score(const RowSums::Click& query, const RowSums::Click& key) const {
  const double pair = scores_.score(query.item, key.item);
  return recency_per_ms_ == 0.0 ? pair : pair + recency_of(key.ts);
}

std::span<const float> SelfAttentionPool::x(ItemRow item) const {
  return {model_->items.row(item.value), model_->embedding_dim};
}

std::size_t SelfAttentionPool::newest(std::span<const RowSums::Click> clicks) const {
  const auto older = [&](const RowSums::Click& left, const RowSums::Click& right) {
    if (left.ts != right.ts) return left.ts < right.ts;
    return model_->item_id_rank[left.item.value] < model_->item_id_rank[right.item.value];
  };
  return static_cast<std::size_t>(std::max_element(clicks.begin(), clicks.end(), older) -
                                  clicks.begin());
}

template <class Int>
void SelfAttentionPool::rebuild_row(std::size_t i, RowSums* sums, RowSums::Sums<Int>* exact) const {
  const std::span<const RowSums::Click> clicks = sums->clicks_;
  sums->scratch_.resize(clicks.size());
  RowSums::Peak peak;
  for (std::size_t j = 0; j < clicks.size(); ++j) {
    const double e = score(clicks[i], clicks[j]);
    sums->scratch_[j] = e;
    const std::int32_t bucket = bucket_of_score(e);
    if (peak.clicks == 0 || bucket > peak.bucket) peak = {bucket, 0};
    if (bucket == peak.bucket) ++peak.clicks;
  }
  sums->peaks_[i] = peak;
  weigh(peak.bucket, sums->scratch_);
  const std::span<Int> values = row_of(&exact->values, i, model_->embedding_dim);
  std::fill(values.begin(), values.end(), Int{0});
  Int weights{0};
  for (double& weight : sums->scratch_) {
    weights += nearest_integer<Int>(weight * weight_scale_);
    weight *= value_scale_;
  }
  exact->weights[i] = weights;
  const std::span<const double> scales = sums->scratch_;
  std::size_t j = 0;
  for (; j + kTerms <= clicks.size(); j += kTerms) {
    const std::array<const float*, kTerms> items{
        x(clicks[j].item).data(), x(clicks[j + 1].item).data(), x(clicks[j + 2].item).data(),
        x(clicks[j + 3].item).data()};
    add_terms(items, scales.subspan(j).first<kTerms>(), values);
  }
  for (; j < clicks.size(); ++j) add_term(x(clicks[j].item), scales[j], values);
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

template <class Int>
void SelfAttentionPool::change_rows(const PooledClick* in, const PooledClick* out, RowBlock* block,
                                    RowSums* sums, RowSums::Sums<Int>* exact) const {
  std::array<std::int32_t, kBlockRows> buckets;
  std::array<double, kBlockRows> weight_in;
  std::array<double, kBlockRows> weight_out;
  const auto score_all = [&](const PooledClick* click, std::array<double, kBlockRows>* scores) {
    const RowSums::Click key{click->ts, *click->row};
    for (std::size_t r = 0; r < block->count; ++r) {
      (*scores)[r] = score(sums->clicks_[block->first + r], key);
    }
  };
  if (in != nullptr) score_all(in, &weight_in);
  if (out != nullptr) score_all(out, &weight_out);
  for (std::size_t r = 0; r < block->count; ++r) {
    RowSums::Peak& peak = sums->peaks_[block->first + r];
    buckets[r] = peak.bucket;
    if (block->moved[r]) continue;
    if (in != nullptr) {
      const std::int32_t bucket = bucket_of_score(weight_in[r]);
      block->moved[r] = bucket > peak.bucket;
      if (bucket == peak.bucket) ++peak.clicks;
    }
    if (out != nullptr && bucket_of_score(weight_out[r]) == peak.bucket) --peak.clicks;
    if (peak.clicks == 0) block->moved[r] = true;
  }
  const std::span<const std::int32_t> shifts = std::span(buckets).first(block->count);
  if (in != nullptr) weigh(shifts, std::span(weight_in).first(block->count));
  if (out != nullptr) weigh(shifts, std::span(weight_out).first(block->count));
  for (std::size_t r = 0; r < block->count; ++r) {
    if (block->moved[r]) continue;
    const std::span<Int> values = row_of(&exact->values, block->first + r, model_->embedding_dim);
    Int& weights = exact->weights[block->first + r];
    if (in != nullptr) weights += nearest_integer<Int>(weight_in[r] * weight_scale_);
    if (out != nullptr) weights -= nearest_integer<Int>(weight_out[r] * weight_scale_);
    if (in != nullptr && out != nullptr) {
      swap_term(x(*in->row), weight_in[r] * value_scale_, x(*out->row),
                weight_out[r] * value_scale_, values);
    } else if (in != nullptr) {
      add_term(x(*in->row), weight_in[r] * value_scale_, values);
    } else {
      add_term(x(*out->row), -weight_out[r] * value_scale_, values);
    }
  }
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
  resize_rows(sums->clicks_.size(), sums, exact);
  std::fill(exact->total.begin(), exact->total.end(), Int{0});
  const auto known = [](std::span<const PooledClick> clicks, std::size_t k) {
    return k < clicks.size() && clicks[k].row ? &clicks[k] : nullptr;
  };
  for (std::size_t first = 0; first < kept; first += kBlockRows) {
    RowBlock block{first, std::min(kBlockRows, kept - first), {}};
    for (std::size_t k = 0; k < std::max(removed.size(), added.size()); ++k) {
      const PooledClick* in = known(added, k);
      const PooledClick* out = known(removed, k);
      if (in != nullptr || out != nullptr) change_rows(in, out, &block, sums, exact);
    }
    for (std::size_t r = 0; r < block.count; ++r) {
      if (block.moved[r]) rebuild_row(first + r, sums, exact);
      add_to_total(first + r, exact);
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
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = score(clicks[i], clicks[j]);
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
