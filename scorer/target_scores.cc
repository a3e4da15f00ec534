#include "scorer/target_scores.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/check.h"
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

void TargetScores::key(ItemRow click, std::span<double> k) const {
  if (keys_.empty()) {
    std::copy_n(model_->items.row(click.value), width_, k.begin());
  } else {
    std::copy_n(&keys_[click.value * width_], width_, k.begin());
  }
}

void TargetScores::scores(std::span<const double> q, std::span<const double> keys,
                          std::span<double> e) const {
  const std::size_t count = e.size();
  std::fill(e.begin(), e.end(), 0.0);
  for (std::size_t h = 0; h < q.size(); ++h) {
    const double* k = &keys[h * count];
    if (v_.empty()) {
      for (std::size_t j = 0; j < count; ++j) e[j] = std::fma(q[h], k[j], e[j]);
    } else {
      for (std::size_t j = 0; j < count; ++j) {
        e[j] = std::fma(v_[h], 1.0 - 2.0 / std::fma(q[h], k[j], 1.0), e[j]);
      }
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
