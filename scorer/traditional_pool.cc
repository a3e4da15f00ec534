#include "scorer/traditional_pool.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/check.h"
#include "scorer/exp64.h"
#include "scorer/float_mode.h"

namespace freshet::scorer {
namespace {

template <class Int>
Int round_to_even(double value) {
  return static_cast<Int>(std::nearbyint(value));
}

}  // namespace

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

float TraditionalPool::weight_of(const PooledClick& click, std::size_t channel,
                                 std::int64_t peak_bucket) const {
  const double shifted = score_of(click, channel) - kShiftStep * static_cast<double>(peak_bucket);
  return shifted < kExponentMin ? 0.0F : static_cast<float>(exp64(shifted));
}

TraditionalSums TraditionalPool::empty() const {
  TraditionalSums sums;
  const std::size_t weights = over_positions() ? scores_.width : 0;
  const auto zeros = [&]<class Int>(Int zero) {
    sums.sums_ = TraditionalSums::Sums<Int>{std::vector<Int>(weights, zero),
                                            std::vector<Int>(model_->embedding_dim, zero)};
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
  *sums = empty();
  for (const PooledClick& click : visible) {
    if (click.row) raise_peaks(click, sums);
  }
  for (const PooledClick& click : visible) {
    if (click.row) accumulate(click, 1, sums);
  }
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
  for (const PooledClick& click : removed) {
    if (click.row) accumulate(click, -1, sums);
  }
  for (const PooledClick& click : added) {
    if (click.row) accumulate(click, 1, sums);
  }
}

void TraditionalPool::accumulate(const PooledClick& click, int sign, TraditionalSums* sums) const {
  std::visit(
      [&]<class Int>(TraditionalSums::Sums<Int>& exact) {
        if (over_positions()) {
          accumulate_positions<Int>(click, sign, *sums, &exact);
        } else {
          accumulate_channels<Int>(click, sign, &exact);
        }
      },
      sums->sums_);
}

template <class Int>
void TraditionalPool::accumulate_positions(const PooledClick& click, Int sign,
                                           const TraditionalSums& shifts,
                                           TraditionalSums::Sums<Int>* sums) const {
  const float* x = model_->items.row(click.row->value);
  const std::size_t dim = sums->values.size();
  if (sums->weights.size() == 1) {
    const double weight = weight_of(click, 0, shifts.peaks_[0].bucket);
    sums->weights[0] += sign * round_to_even<Int>(weight * weight_scale_);
    for (std::size_t c = 0; c < dim; ++c) {
      sums->values[c] += sign * round_to_even<Int>(weight * double{x[c]} * value_scale_);
    }
    return;
  }
  for (std::size_t c = 0; c < dim; ++c) {
    const double weight = weight_of(click, c, shifts.peaks_[c].bucket);
    sums->weights[c] += sign * round_to_even<Int>(weight * weight_scale_);
    sums->values[c] += sign * round_to_even<Int>(weight * double{x[c]} * value_scale_);
  }
}

template <class Int>
void TraditionalPool::accumulate_channels(const PooledClick& click, Int sign,
                                          TraditionalSums::Sums<Int>* sums) const {
  const float* x = model_->items.row(click.row->value);
  const double* weight = scores_.row(*click.row);
  for (std::size_t c = 0; c < sums->values.size(); ++c) {
    sums->values[c] += sign * round_to_even<Int>(weight[c] * double{x[c]} * value_scale_);
  }
}

void TraditionalPool::representation(const TraditionalSums& sums, std::span<float> u) const {
  FRESHET_CHECK(u.size() == model_->embedding_dim);
  // With L the quotient of two grid integers carries 2^(g_x - g_w); without, A carries 2^g_x.
  const double unit =
      std::ldexp(1.0, over_positions() ? grid_.value_exponent : -grid_.value_places);
  std::visit(
      [&](const auto& exact) {
        for (std::size_t c = 0; c < u.size(); ++c) {
          double value = static_cast<double>(exact.values[c]);
          if (over_positions()) {
            const auto weight = exact.weights[exact.weights.size() == 1 ? 0 : c];
            value = weight == 0 ? 0.0 : value / static_cast<double>(weight);
          }
          u[c] = static_cast<float>(value * unit);
        }
      },
      sums.sums_);
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
