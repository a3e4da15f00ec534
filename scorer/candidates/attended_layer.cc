#include "scorer/candidates/attended_layer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/check.h"
#include "scorer/candidates/factored_layer.h"
#include "scorer/exp64.h"
#include "scorer/kernels.h"

namespace freshet::scorer {
namespace {

constexpr double kDayMs = 86400000.0;
// 2020-01-01T00:00:00Z, as the pools have it.
constexpr std::int64_t kOriginMs = 1577836800000;

}  // namespace

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

void AttendedLayer::attend(std::size_t behaviour, std::span<const PooledClick> clicks,
                           AttendedClicks* attended) const {
  const std::size_t dim = model_->embedding_dim;
  const TargetScores& scores = scores_[behaviour];
  const double per_day = model_->behaviours[behaviour].target()->recency_per_day;
  attended->count = static_cast<std::size_t>(
      std::count_if(clicks.begin(), clicks.end(),
                    [](const PooledClick& click) { return click.row.has_value(); }));
  attended->keys.resize(scores.width() * attended->count);
  attended->values.resize(attended->count * dim);
  attended->recency.resize(per_day != 0.0 ? attended->count : 0);
  std::size_t j = 0;
  for (const PooledClick& click : clicks) {
    if (!click.row) continue;
    scores.key(*click.row, attended->count, &attended->keys[j]);
    std::copy_n(model_->items.row(click.row->value), dim, &attended->values[j * dim]);
    if (per_day != 0.0) {
      attended->recency[j] = per_day / kDayMs * static_cast<double>(click.ts.ms - kOriginMs);
    }
    ++j;
  }
}

void AttendedLayer::fold(const UserInputs& user, UserFold* fold) const {
  FRESHET_CHECK(user.clicks.size() == model_->behaviours.size());
  fold->attended.resize(user.clicks.size());
  for (std::size_t b = 0; b < user.clicks.size(); ++b) {
    attend(b, user.clicks[b], &fold->attended[b]);
  }
}

void AttendedLayer::weigh(std::size_t behaviour, const AttendedClicks& clicks,
                          std::span<const ItemRow> candidates, ScoreBuffers* buffers,
                          std::span<double> norms) const {
  const TargetScores& scores = scores_[behaviour];
  const std::size_t count = clicks.count;
  const std::size_t width = scores.width();
  buffers->queries.resize(candidates.size() * width);
  buffers->weights.resize(candidates.size() * count);
  const std::span<double> weights = buffers->weights;
  std::array<const double*, kScoreBlock> rows;
  for (std::size_t r = 0; r < candidates.size(); ++r) {
    const std::span<double> query = std::span(buffers->queries).subspan(r * width, width);
    scores.query(candidates[r], query);
    rows[r] = query.data();
  }
  scores.scores(std::span(rows).first(candidates.size()), clicks.keys, weights);
  for (std::size_t r = 0; r < candidates.size(); ++r) {
    const std::span<double> e = weights.subspan(r * count, count);
    for (std::size_t j = 0; j < clicks.recency.size(); ++j) e[j] += clicks.recency[j];
    const double max = *std::max_element(e.begin(), e.end());
    for (double& value : e) value -= max;
  }
  exp64_each(weights);
  std::fill(norms.begin(), norms.end(), 0.0);
  // Each candidate's sum in the order of the clicks; side by side, as an addition waits for the one
  // before it.
  for (std::size_t j = 0; j < count; ++j) {
    for (std::size_t r = 0; r < candidates.size(); ++r) norms[r] += weights[r * count + j];
  }
}

void AttendedLayer::representations(std::size_t behaviour, const AttendedClicks& clicks,
                                    std::span<const ItemRow> candidates,
                                    ScoreBuffers* buffers) const {
  const std::size_t dim = model_->embedding_dim;
  buffers->sums.resize(candidates.size() * dim);
  if (clicks.count == 0) {
    std::fill(buffers->sums.begin(), buffers->sums.end(), 0.0);
    return;
  }
  std::array<double, kScoreBlock> norms;
  weigh(behaviour, clicks, candidates, buffers, std::span(norms).first(candidates.size()));
  std::array<const double*, kScoreBlock> rows;
  for (std::size_t r = 0; r < candidates.size(); ++r) {
    rows[r] = &buffers->weights[r * clicks.count];
  }
  dense_rows(std::span(rows).first(candidates.size()), clicks.count,
             DenseWeights<double>{clicks.values, {}}, buffers->sums);
  for (std::size_t r = 0; r < candidates.size(); ++r) {
    const double norm = norms[r];
    for (double& sum : std::span(buffers->sums).subspan(r * dim, dim)) sum /= norm;
  }
}

void AttendedLayer::apply(const UserFold& fold, std::span<const ItemRow> candidates,
                          std::span<const ItemRow> /*next*/, std::span<float> h1) const {
  FRESHET_CHECK(candidates.size() <= kScoreBlock);
  const std::size_t dim = model_->embedding_dim;
  const std::size_t wide_dim = dim * fold.attended.size();
  const std::size_t in = dim + 2 * wide_dim;
  ScoreBuffers& buffers = fold.buffers;
  buffers.inputs.resize(candidates.size() * in);
  std::array<const float*, kScoreBlock> rows{};
  for (std::size_t r = 0; r < candidates.size(); ++r) {
    rows[r] = &buffers.inputs[r * in];
    std::copy_n(targets_->row(candidates[r]), dim, &buffers.inputs[r * in]);
  }
  for (std::size_t b = 0; b < fold.attended.size(); ++b) {
    representations(b, fold.attended[b], candidates, &buffers);
    for (std::size_t r = 0; r < candidates.size(); ++r) {
      const double* const sums = &buffers.sums[r * dim];
      const float* const t = &buffers.inputs[r * in];
      float* const u = &buffers.inputs[r * in + dim + b * dim];
      for (std::size_t c = 0; c < dim; ++c) {
        u[c] = static_cast<float>(sums[c]);
        u[wide_dim + c] = u[c] * t[c];
      }
    }
  }
  dense_rows(std::span(rows).first(candidates.size()), in, {weights_, model_->hidden1.bias, true},
             h1);
}

std::vector<float> AttendedLayer::weights(std::size_t behaviour,
                                          std::span<const PooledClick> clicks,
                                          ItemRow candidate) const {
  std::vector<float> result(clicks.size(), 0.0F);
  AttendedClicks attended;
  attend(behaviour, clicks, &attended);
  if (attended.count == 0) return result;
  ScoreBuffers buffers;
  double norm = 0.0;
  weigh(behaviour, attended, {&candidate, 1}, &buffers, {&norm, 1});
  std::size_t j = 0;
  for (std::size_t i = 0; i < clicks.size(); ++i) {
    if (clicks[i].row) result[i] = static_cast<float>(buffers.weights[j++] / norm);
  }
  return result;
}

std::size_t AttendedLayer::heap_bytes() const {
  std::size_t bytes = weights_.capacity() * sizeof(float);
  for (const TargetScores& scores : scores_) bytes += scores.heap_bytes();
  return bytes;
}

}  // namespace freshet::scorer
