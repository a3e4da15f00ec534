#include "scorer/attended_layer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/check.h"
#include "scorer/exp64.h"
#include "scorer/factored_layer.h"
#include "scorer/kernels.h"

namespace freshet::scorer {
namespace {

constexpr double kDayMs = 86400000.0;
// 2020-01-01T00:00:00Z, as the pools have it.
constexpr std::int64_t kOriginMs = 1577836800000;

}  // namespace

// Buffers of one call.
struct AttendedLayer::Scratch {
  std::vector<double> query;    // [w]
  std::vector<double> weights;  // [N]
  std::vector<double> sum;      // [d]
};

Result<AttendedLayer> AttendedLayer::create(std::shared_ptr<const Model> model,
                                            std::shared_ptr<const TargetTable> targets) {
  FRESHET_CHECK(model != nullptr && model->variant == Variant::kTarget);
  std::vector<TargetScores> scores;
  for (std::size_t b = 0; b < model->behaviours.size(); ++b) {
    Result<TargetScores> made = TargetScores::create(model, b, targets);
    if (!made) return tl::unexpected(made.error());
    scores.push_back(std::move(*made));
  }
  AttendedLayer layer(std::move(model), std::move(targets), std::move(scores));
  const std::size_t h1 = layer.model_->hidden1.weight.rows;
  if (Status finite = check_folded(layer.weights_, h1); !finite) {
    return tl::unexpected(finite.error());
  }
  return layer;
}

AttendedLayer::AttendedLayer(std::shared_ptr<const Model> model,
                             std::shared_ptr<const TargetTable> targets,
                             std::vector<TargetScores> scores)
    : model_(std::move(model)), targets_(std::move(targets)), scores_(std::move(scores)) {
  const Matrix& w1 = model_->hidden1.weight;
  const std::size_t h1 = w1.rows;
  const std::size_t dim = model_->embedding_dim;
  const std::size_t wide_dim = w1.cols / 3;
  weights_.resize((dim + 2 * wide_dim) * h1, 0.0F);
  float* e = &weights_[dim * h1];
  float* c = &weights_[(dim + wide_dim) * h1];
  for (std::size_t i = 0; i < wide_dim; ++i) {
    for (std::size_t j = 0; j < h1; ++j) {
      const float a = w1.at(j, i);
      const float b = w1.at(j, wide_dim + i);
      float& d = weights_[i % dim * h1 + j];
      d = d + (a - b);
      e[i * h1 + j] = a + b;
      c[i * h1 + j] = w1.at(j, 2 * wide_dim + i);
    }
  }
}

AttendedClicks AttendedLayer::attend(std::size_t behaviour,
                                     std::span<const PooledClick> clicks) const {
  const std::size_t dim = model_->embedding_dim;
  const TargetScores& scores = scores_[behaviour];
  const double per_day = model_->behaviours[behaviour].target()->recency_per_day;
  AttendedClicks attended;
  for (const PooledClick& click : clicks) {
    if (click.row) ++attended.count;
  }
  attended.keys.resize(scores.width() * attended.count);
  attended.values.resize(attended.count * dim);
  if (per_day != 0.0) attended.recency.resize(attended.count);
  std::vector<double> key(scores.width());
  std::size_t j = 0;
  for (const PooledClick& click : clicks) {
    if (!click.row) continue;
    scores.key(*click.row, key);
    for (std::size_t h = 0; h < key.size(); ++h) attended.keys[h * attended.count + j] = key[h];
    std::copy_n(model_->items.row(click.row->value), dim, &attended.values[j * dim]);
    if (per_day != 0.0) {
      attended.recency[j] = per_day / kDayMs * static_cast<double>(click.ts.ms - kOriginMs);
    }
    ++j;
  }
  return attended;
}

void AttendedLayer::fold(const UserInputs& user, UserFold* fold) const {
  FRESHET_CHECK(user.clicks.size() == model_->behaviours.size());
  fold->attended.clear();
  for (std::size_t b = 0; b < user.clicks.size(); ++b) {
    fold->attended.push_back(attend(b, user.clicks[b]));
  }
}

double AttendedLayer::weigh(std::size_t behaviour, const AttendedClicks& clicks, ItemRow candidate,
                            Scratch* scratch) const {
  const TargetScores& scores = scores_[behaviour];
  scratch->query.resize(scores.width());
  scratch->weights.resize(clicks.count);
  scores.query(candidate, scratch->query);
  scores.scores(scratch->query, clicks.keys, scratch->weights);
  std::vector<double>& weights = scratch->weights;
  if (!clicks.recency.empty()) {
    for (std::size_t j = 0; j < clicks.count; ++j) weights[j] += clicks.recency[j];
  }
  const double max = *std::max_element(weights.begin(), weights.end());
  double sum = 0.0;
  for (double& weight : weights) {
    weight = exp64(weight - max);
    sum += weight;
  }
  return sum;
}

void AttendedLayer::representation(std::size_t behaviour, const AttendedClicks& clicks,
                                   ItemRow candidate, Scratch* scratch, std::span<float> u) const {
  if (clicks.count == 0) {
    std::fill(u.begin(), u.end(), 0.0F);
    return;
  }
  const double norm = weigh(behaviour, clicks, candidate, scratch);
  std::vector<double>& sum = scratch->sum;
  sum.assign(u.size(), 0.0);
  for (std::size_t j = 0; j < clicks.count; ++j) {
    const double weight = scratch->weights[j];
    const double* x = &clicks.values[j * u.size()];
    for (std::size_t c = 0; c < u.size(); ++c) sum[c] = std::fma(weight, x[c], sum[c]);
  }
  for (std::size_t c = 0; c < u.size(); ++c) u[c] = static_cast<float>(sum[c] / norm);
}

void AttendedLayer::apply(const UserFold& fold, std::span<const ItemRow> candidates,
                          std::span<const ItemRow> /*next*/, std::span<float> h1) const {
  FRESHET_CHECK(candidates.size() <= kScoreBlock);
  const std::size_t dim = model_->embedding_dim;
  const std::size_t wide_dim = dim * fold.attended.size();
  const std::size_t in = dim + 2 * wide_dim;
  Scratch scratch;
  std::vector<float> inputs(candidates.size() * in);  // [t; U; U*T] of each candidate
  std::array<const float*, kScoreBlock> rows{};
  for (std::size_t r = 0; r < candidates.size(); ++r) {
    const std::span<float> input(&inputs[r * in], in);
    const float* t = targets_->row(candidates[r]);
    std::copy_n(t, dim, input.begin());
    for (std::size_t b = 0; b < fold.attended.size(); ++b) {
      const std::span<float> u = input.subspan(dim + b * dim, dim);
      representation(b, fold.attended[b], candidates[r], &scratch, u);
      for (std::size_t c = 0; c < dim; ++c) input[dim + wide_dim + b * dim + c] = u[c] * t[c];
    }
    rows[r] = input.data();
  }
  dense_rows(std::span(rows).first(candidates.size()), in, {weights_, model_->hidden1.bias, true},
             h1);
}

std::vector<float> AttendedLayer::weights(std::size_t behaviour,
                                          std::span<const PooledClick> clicks,
                                          ItemRow candidate) const {
  std::vector<float> result(clicks.size(), 0.0F);
  const AttendedClicks attended = attend(behaviour, clicks);
  if (attended.count == 0) return result;
  Scratch scratch;
  const double norm = weigh(behaviour, attended, candidate, &scratch);
  std::size_t j = 0;
  for (std::size_t i = 0; i < clicks.size(); ++i) {
    if (clicks[i].row) result[i] = static_cast<float>(scratch.weights[j++] / norm);
  }
  return result;
}

std::size_t AttendedLayer::heap_bytes() const {
  std::size_t bytes = weights_.capacity() * sizeof(float);
  for (const TargetScores& scores : scores_) bytes += scores.heap_bytes();
  return bytes;
}

}  // namespace freshet::scorer
