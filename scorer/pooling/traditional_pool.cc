#include "scorer/pooling/traditional_pool.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/check.h"
#include "common/prefetch.h"
#include "scorer/exp64.h"
#include "scorer/float_mode.h"
#include "scorer/model/model_limits.h"
#include "scorer/pooling/click_kernels.h"
#include "scorer/pooling/row_kernels.h"

namespace freshet::scorer {
Result<TraditionalPool> TraditionalPool::create(std::shared_ptr<const Model> model,
                                                std::size_t behaviour, std::size_t length_max) {
  FRESHET_CHECK(model != nullptr && behaviour < model->behaviours.size());
  const TraditionalAttention* attention = model->behaviours[behaviour].traditional();
  FRESHET_CHECK(attention != nullptr);
  FRESHET_CHECK(has_float_mode());
  const Result<PoolGrid> grid = choose_grid(model->items, length_max);
  if (!grid) return tl::unexpected(grid.error());
  Result<AttentionScores> scores = attention_scores(*model, behaviour);
  if (!scores) return tl::unexpected(scores.error());
  return TraditionalPool(std::move(model), attention, std::move(*scores), *grid);
}

TraditionalPool::TraditionalPool(std::shared_ptr<const Model> model,
                                 const TraditionalAttention* attention, AttentionScores scores,
                                 PoolGrid grid)
    : model_(std::move(model)),
      attention_(attention),
      scores_(std::move(scores)),
      grid_(grid),
      recency_per_ms_(attention->recency_per_day / kMsPerDay),
      weight_scale_(std::ldexp(1.0, grid.weight_places)),
      value_scale_(std::ldexp(1.0, grid.value_places)) {
  if (!over_positions()) softmax_over_channels(&scores_);
}

bool TraditionalPool::over_positions() const {
  return attention_->softmax == SoftmaxOver::kPositions;
}

double TraditionalPool::score_of(const PooledClick& click, std::size_t channel) const {
  const double score = scores_.row(*click.row)[channel];
  if (recency_per_ms_ == 0.0) return score;
  return score + recency_per_ms_ * static_cast<double>(click.ts.ms - kRecencyOriginMs);
}

std::int64_t TraditionalPool::bucket_of(const PooledClick& click, std::size_t channel) const {
  return static_cast<std::int64_t>(std::ceil(score_of(click, channel) / kShiftStep));
}

TraditionalSums TraditionalPool::empty() const {
  TraditionalSums sums;
  const std::size_t weights = over_positions() ? scores_.width : 0;
  const auto zeros = [&]<class Int>(Int) {
    sums.sums_ = TraditionalSums::Sums<Int>(model_->embedding_dim, weights);
  };
  grid_.wide ? zeros(Int128{0}) : zeros(std::int64_t{0});
  sums.peaks_.resize(weights);
  return sums;
}

void TraditionalPool::raise_peaks(const PooledClick& click, TraditionalSums* sums) const {
  for (std::size_t k = 0; k < sums->peaks_.size(); ++k) {
    TraditionalSums::Peak& peak = sums->peaks_[k];
    const std::int64_t bucket = bucket_of(click, k);
    if (peak.clicks == 0 || bucket > peak.bucket) peak = {bucket, 0};
    if (bucket == peak.bucket) ++peak.clicks;
  }
}

void TraditionalPool::rebuild(std::span<const PooledClick> visible, TraditionalSums* sums) const {
  // The rows of items lie anywhere: so many clicks ahead they are fetched.
  constexpr std::size_t kAhead = 8;
  *sums = empty();
  for (std::size_t i = 0; i < visible.size(); ++i) {
    if (i + kAhead < visible.size() && visible[i + kAhead].row) {
      prefetch(*visible[i + kAhead].row);
    }
    if (visible[i].row) raise_peaks(visible[i], sums);
  }
  // What computes the terms of a click that comes and of one that leaves does as well for two that
  // come, and the sums are exact in any order.
  const PooledClick* single = nullptr;
  for (const PooledClick& click : visible) {
    if (!click.row) continue;
    if (!has_scalar_weights()) {
      swap(&click, nullptr, sums);
    } else if (single == nullptr) {
      single = &click;
    } else {
      add_both(*std::exchange(single, nullptr), click, sums);
    }
  }
  swap(single, nullptr, sums);
}

bool TraditionalPool::keep_peaks(std::span<const PooledClick> removed,
                                 std::span<const PooledClick> added, TraditionalSums* sums) const {
  for (std::size_t k = 0; k < sums->peaks_.size(); ++k) {
    TraditionalSums::Peak& peak = sums->peaks_[k];
    for (const PooledClick& click : added) {
      if (!click.row) continue;
      const std::int64_t bucket = bucket_of(click, k);
      if (peak.clicks == 0 || bucket > peak.bucket) return false;
      if (bucket == peak.bucket) ++peak.clicks;
    }
    for (const PooledClick& click : removed) {
      if (click.row && bucket_of(click, k) == peak.bucket) --peak.clicks;
    }
    if (peak.clicks == 0) return false;
  }
  return true;
}

void TraditionalPool::slide(std::span<const PooledClick> visible,
                            std::span<const PooledClick> removed,
                            std::span<const PooledClick> added, TraditionalSums* sums) const {
  if (!keep_peaks(removed, added, sums)) {
    rebuild(visible, sums);
    return;
  }
  for (std::size_t k = 0; k < std::max(removed.size(), added.size()); ++k) {
    const auto known = [&](std::span<const PooledClick> clicks) {
      return k < clicks.size() && clicks[k].row ? &clicks[k] : nullptr;
    };
    swap(known(added), known(removed), sums);
  }
}

void TraditionalPool::swap(const PooledClick* in, const PooledClick* out,
                           TraditionalSums* sums) const {
  if (in == nullptr && out == nullptr) return;
  std::visit(
      [&](auto& exact) {
        if (has_scalar_weights()) {
          swap_scalar(in, out, 1.0, sums->peaks_[0].bucket, &exact);
          return;
        }
        if (in != nullptr) add_channels(*in, 1.0, sums->peaks_, &exact);
        if (out != nullptr) add_channels(*out, -1.0, sums->peaks_, &exact);
      },
      sums->sums_);
}

void TraditionalPool::add_both(const PooledClick& one, const PooledClick& other,
                               TraditionalSums* sums) const {
  std::visit([&](auto& exact) { swap_scalar(&one, &other, -1.0, sums->peaks_[0].bucket, &exact); },
             sums->sums_);
}

template <class Int>
void TraditionalPool::swap_scalar(const PooledClick* in, const PooledClick* out, double sign,
                                  std::int64_t bucket, TraditionalSums::Sums<Int>* sums) const {
  const double shift = kShiftStep * static_cast<double>(bucket);
  const std::array<double, 2> shifts{shift, shift};
  std::array<double, 2> weights{in != nullptr ? score_of(*in, 0) : 0.0,
                                out != nullptr ? score_of(*out, 0) : 0.0};
  weigh(shifts, weights);
  // A click that there is not weighs nothing, whatever its place has.
  if (in == nullptr) weights[0] = 0.0;
  weights[1] = out == nullptr ? 0.0 : sign * weights[1];
  Int* const weight = &sums->weights()[0];
  add_rounded(weights[0] * weight_scale_, weight);
  add_rounded(-weights[1] * weight_scale_, weight);
  const auto x = [&](const PooledClick* click, const PooledClick* other) {
    return model_->items.row((click != nullptr ? click : other)->row->value);
  };
  swap_terms(x(in, out), weights[0] * value_scale_, x(out, in), weights[1] * value_scale_,
             sums->values());
}

template <class Int>
void TraditionalPool::add_channels(const PooledClick& click, double sign,
                                   std::span<const TraditionalSums::Peak> peaks,
                                   TraditionalSums::Sums<Int>* sums) const {
  const std::size_t dim = model_->embedding_dim;
  const float* x = model_->items.row(click.row->value);
  const std::span<Int> values = sums->values();
  if (!over_positions()) {
    add_products({scores_.row(*click.row), dim}, x, sign * value_scale_, values);
    return;
  }
  std::array<double, kEmbeddingDimMax> shifts;
  std::array<double, kEmbeddingDimMax> scores;
  for (std::size_t c = 0; c < dim; ++c) {
    shifts[c] = kShiftStep * static_cast<double>(peaks[c].bucket);
    scores[c] = score_of(click, c);
  }
  const std::span<double> weights = std::span(scores).first(dim);
  weigh(std::span(shifts).first(dim), weights);
  add_channel_weights(weights, sign * weight_scale_, sums->weights());
  add_products(weights, x, sign * value_scale_, values);
}

void TraditionalPool::representation(const TraditionalSums& sums, std::span<float> u) const {
  FRESHET_CHECK(u.size() == model_->embedding_dim);
  // With L the quotient of two grid integers carries 2^(g_x - g_w); without, A carries 2^g_x.
  const double unit =
      std::ldexp(1.0, over_positions() ? grid_.value_exponent : -grid_.value_places);
  std::visit(
      [&]<class Int>(const TraditionalSums::Sums<Int>& exact) {
        // All channels lose their last click together.
        if (over_positions() && exact.weights()[0] == 0) {
          std::fill(u.begin(), u.end(), 0.0F);
          return;
        }
        const Int one{1};
        const std::span<const Int> weights =
            over_positions() ? exact.weights() : std::span<const Int>(&one, 1);
        write_quotients(exact.values(), weights, unit, u);
      },
      sums.sums_);
}

void TraditionalPool::prefetch(ItemRow item) const {
  freshet::prefetch(scores_.row(item), scores_.width * sizeof(double));
  freshet::prefetch(model_->items.row(item.value), model_->embedding_dim * sizeof(float));
}

std::vector<float> TraditionalPool::weights(std::span<const PooledClick> visible) const {
  std::vector<double> mean(visible.size(), 0.0);
  for (std::size_t k = 0; k < scores_.width; ++k) {
    double max = 0.0;
    bool any = false;
    for (const PooledClick& click : visible) {
      if (!click.row) continue;
      max = any ? std::max(max, score_of(click, k)) : score_of(click, k);
      any = true;
    }
    std::vector<double> channel(visible.size(), 0.0);
    double sum = 0.0;
    for (std::size_t i = 0; i < visible.size(); ++i) {
      if (!visible[i].row) continue;
      channel[i] =
          over_positions() ? exp64(score_of(visible[i], k) - max) : scores_.row(*visible[i].row)[k];
      sum += channel[i];
    }
    if (sum == 0.0) continue;
    const double norm = over_positions() ? sum : 1.0;
    for (std::size_t i = 0; i < visible.size(); ++i) mean[i] += channel[i] / norm;
  }
  std::vector<float> result(visible.size());
  for (std::size_t i = 0; i < visible.size(); ++i) {
    result[i] = static_cast<float>(mean[i] / static_cast<double>(scores_.width));
  }
  return result;
}

}  // namespace freshet::scorer
