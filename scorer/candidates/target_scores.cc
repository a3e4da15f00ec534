#include "scorer/candidates/target_scores.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/check.h"
#include "scorer/kernels.h"
#include "scorer/projection.h"

namespace freshet::scorer {

Result<TargetScores> TargetScores::create(std::shared_ptr<const Model> model, std::size_t behaviour,
                                          std::shared_ptr<const TargetTable> targets) {
  const BehaviourModel& owner = model->behaviours[behaviour];
  FRESHET_CHECK(owner.target() != nullptr && targets->width() == model->embedding_dim);
  const PairScore& score = owner.target()->score;
  TargetScores scores;
  scores.kind_ = score.kind;
  scores.width_ = score.has_matrices() ? score.wq.rows : model->embedding_dim;
  const std::size_t items = model->items.rows;
  if (score.has_matrices()) {
    const float* targets_begin = targets->row(ItemRow{0});
    scores.queries_ = projected(targets_begin, items, score.wq, score.activation);
    scores.keys_ = projected(model->items.data.data(), items, score.wk, score.activation);
  }
  if (score.has_v()) {
    for (const auto& [terms, tensor] :
         {std::pair(&scores.queries_, "wq"), std::pair(&scores.keys_, "wk")}) {
      const Status done = exponentiate(*model, owner.name, tensor, terms);
      if (!done) return tl::unexpected(done.error());
    }
    scores.v_.assign(score.v.begin(), score.v.end());
  }
  scores.model_ = std::move(model);
  scores.targets_ = std::move(targets);
  return scores;
}

void TargetScores::query(ItemRow candidate, std::span<double> q) const {
  if (queries_.empty()) {
    std::copy_n(targets_->row(candidate), width_, q.begin());
  } else {
    std::copy_n(&queries_[candidate.value * width_], width_, q.begin());
  }
}

void TargetScores::key(ItemRow click, std::size_t stride, double* k) const {
  if (keys_.empty()) {
    const float* const x = model_->items.row(click.value);
    for (std::size_t h = 0; h < width_; ++h) k[h * stride] = x[h];
  } else {
    const double* const key = &keys_[click.value * width_];
    for (std::size_t h = 0; h < width_; ++h) k[h * stride] = key[h];
  }
}

void TargetScores::additive_scores(const double* q, std::span<const double> keys,
                                   std::span<double> e) const {
  const std::size_t count = e.size();
  std::fill(e.begin(), e.end(), 0.0);
  for (std::size_t h = 0; h < width_; ++h) {
    const double* k = &keys[h * count];
    for (std::size_t j = 0; j < count; ++j) {
      e[j] = std::fma(v_[h], 1.0 - 2.0 / std::fma(q[h], k[j], 1.0), e[j]);
    }
  }
}

void TargetScores::scores(std::span<const double* const> queries, std::span<const double> keys,
                          std::span<double> e) const {
  if (v_.empty()) {
    dense_rows(queries, width_, DenseWeights<double>{keys, {}}, e);
  } else {
    const std::size_t count = e.size() / queries.size();
    for (std::size_t r = 0; r < queries.size(); ++r) {
      additive_scores(queries[r], keys, e.subspan(r * count, count));
    }
  }
  if (kind_ != ScoreKind::kScaledDot) return;
  const double root = std::sqrt(static_cast<double>(width_));
  for (double& value : e) value /= root;
}

std::size_t TargetScores::heap_bytes() const {
  return (queries_.capacity() + keys_.capacity() + v_.capacity()) * sizeof(double);
}

}  // namespace freshet::scorer
