#include "scorer/pooling/pair_scores.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "common/check.h"
#include "common/prefetch.h"
#include "scorer/model/model_limits.h"
#include "scorer/model/refuse_model.h"
#include "scorer/projection.h"
#include "scorer/simd/kernel_set.h"

namespace freshet::scorer {
namespace {

struct Extreme {
  double value = 0;
  std::size_t item = 0;
};

Extreme longest(const AlignedVector<double>& rows, std::size_t width) {
  Extreme extreme;
  for (std::size_t first = 0; first < rows.size(); first += width) {
    double square = 0.0;
    for (std::size_t h = 0; h < width; ++h) square += rows[first + h] * rows[first + h];
    if (square > extreme.value) extreme = {square, first / width};
  }
  extreme.value = std::sqrt(extreme.value);
  return extreme;
}

Status check_dots(const Model& model, const std::string& name, const AlignedVector<double>& q,
                  const AlignedVector<double>& k, std::size_t width) {
  const Extreme query = longest(q, width);
  const Extreme key = longest(k, width);
  if (query.value * key.value <= kAttentionScoreMax) return {};
  return refuse_model("behaviour \"" + name + "\": the query of item \"" +
                      model.item_ids[query.item].str() + "\" has the norm " +
                      std::to_string(query.value) + " and the key of item \"" +
                      model.item_ids[key.item].str() + "\" " + std::to_string(key.value) +
                      ": their scores may lie beyond 2^30; the model has diverged, train it with "
                      "smaller steps or weight decay");
}

}  // namespace

Result<PairScores> PairScores::create(const Model& model, std::size_t behaviour) {
  const SelfAttention* attention = model.behaviours[behaviour].self();
  FRESHET_CHECK(attention != nullptr && attention->score.has_matrices());
  const PairScore& score = attention->score;
  const std::string& name = model.behaviours[behaviour].name;
  PairScores scores;
  scores.width_ = score.wq.rows;
  const float* rows = model.items.data.data();
  scores.q_ = projected(rows, model.items.rows, score.wq, score.activation);
  scores.k_ = projected(rows, model.items.rows, score.wk, score.activation);
  if (score.kind == ScoreKind::kAdditive) {
    for (const auto& [terms, tensor] : {std::pair(&scores.q_, "wq"), std::pair(&scores.k_, "wk")}) {
      const Status done = exponentiate(model, name, tensor, terms);
      if (!done) return tl::unexpected(done.error());
    }
    scores.v_.assign(score.v.begin(), score.v.end());
    double sum = 0.0;
    for (const double v : scores.v_) sum += std::fabs(v);
    if (sum <= kAttentionScoreMax) return scores;
    return refuse_model("behaviour \"" + name + "\": v adds up to " + std::to_string(sum) +
                        ", so scores may lie beyond 2^30; the model has diverged, train it with "
                        "smaller steps or weight decay");
  }
  if (score.kind == ScoreKind::kScaledDot) {
    const double root = std::sqrt(static_cast<double>(scores.width_));
    for (double& value : scores.q_) value /= root;
  }
  const Status dots = check_dots(model, name, scores.q_, scores.k_, scores.width_);
  if (!dots) return tl::unexpected(dots.error());
  return scores;
}

double PairScores::score(ItemRow query_item, ItemRow key_item) const {
  const double* const row = query(query_item);
  double e = 0.0;
  scores({&row, 1}, key(key_item), {&e, 1});
  return e;
}

void PairScores::scores(std::span<const double* const> rows, const double* other,
                        std::span<double> e) const {
  FRESHET_CHECK(rows.size() == e.size());
  const simd::KernelSet& kernels = simd::kernels();
  if (v_.empty()) {
    kernels.dots64(rows.data(), rows.size(), other, width_, e.data());
  } else {
    kernels.additive_scores(rows.data(), rows.size(), other, v_.data(), width_, e.data());
  }
}

void PairScores::prefetch(ItemRow item) const {
  freshet::prefetch(query(item), width_ * sizeof(double));
  freshet::prefetch(key(item), width_ * sizeof(double));
}

}  // namespace freshet::scorer
