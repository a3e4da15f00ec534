#include "scorer/target_scores.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "common/check.h"
#include "scorer/exp64.h"
#include "scorer/kernels.h"
#include "scorer/refuse_model.h"

namespace freshet::scorer {
namespace {

// e^2z is finite and not 0 within this.
constexpr double kAdditiveTermMax = 354.0;

// W row(i) of every item: [n, H].
template <class RowOf>
std::vector<double> projected(std::size_t items, const Matrix& weight, RowOf row_of) {
  const std::vector<double> wt = transposed<double>(weight);
  const std::vector<double> zeros(weight.rows, 0.0);
  std::vector<double> x(weight.cols);
  std::vector<double> all(items * weight.rows);
  for (std::size_t item = 0; item < items; ++item) {
    std::copy_n(row_of(ItemRow{static_cast<std::uint32_t>(item)}), x.size(), x.begin());
    dense<double>(x, wt, zeros, {&all[item * weight.rows], weight.rows});
  }
  return all;
}

// Replaces each value by e^2z.
Status exponentiate(const Model& model, const std::string& behaviour, const char* tensor,
                    std::size_t width, std::vector<double>* values) {
  for (std::size_t i = 0; i < values->size(); ++i) {
    double& value = (*values)[i];
    if (!(std::fabs(value) <= kAdditiveTermMax)) {
      return refuse_model("behaviour \"" + behaviour + "\": item \"" +
                          model.item_ids[i / width].str() + "\" times " + tensor + " is " +
                          std::to_string(value) +
                          ", beyond 354, where tanh has long been 1; the model has diverged, train "
                          "it with smaller steps or weight decay");
    }
    value = exp64(2.0 * value);
  }
  return {};
}

}  // namespace

Result<TargetScores> TargetScores::create(std::shared_ptr<const Model> model, std::size_t behaviour,
                                          std::shared_ptr<const TargetTable> targets) {
  const BehaviourModel& owner = model->behaviours[behaviour];
  FRESHET_CHECK(owner.target() != nullptr && targets->width() == model->embedding_dim);
  const PairScore& score = owner.target()->score;
  TargetScores scores;
  scores.kind_ = score.kind;
  scores.width_ = score.has_matrices() ? score.wq.rows : model->embedding_dim;
  if (score.has_matrices()) {
    scores.queries_ =
        projected(model->items.rows, score.wq, [&](ItemRow item) { return targets->row(item); });
    scores.keys_ = projected(model->items.rows, score.wk,
                             [&](ItemRow item) { return model->items.row(item.value); });
  }
  if (score.has_v()) {
    for (const auto& [values, tensor] :
         {std::pair(&scores.queries_, "wq"), std::pair(&scores.keys_, "wk")}) {
      const Status done = exponentiate(*model, owner.name, tensor, scores.width_, values);
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
