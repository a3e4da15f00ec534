#include "scorer/candidate_scorer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/check.h"
#include "scorer/exp64.h"
#include "scorer/float_mode.h"
#include "scorer/kernels.h"
#include "scorer/refuse_model.h"

namespace freshet::scorer {
namespace {

// Candidates that go through the layers together; their buffers stay in the first-level cache.
constexpr std::size_t kBlock = 32;

// Weights are finite one by one, but the fold adds them: an infinite sum would make every logit
// NaN or infinite, so nothing could be served.
Status check_folded(std::span<const float> sums, std::size_t h1) {
  const auto bad =
      std::find_if(sums.begin(), sums.end(), [](float x) { return !std::isfinite(x); });
  if (bad == sums.end()) return {};
  return refuse_model("tensor deep.0.weight: row " +
                      std::to_string(static_cast<std::size_t>(bad - sums.begin()) % h1) +
                      ": its weights add up to more than float32 holds; the model has diverged, "
                      "train it with smaller steps or weight decay");
}

}  // namespace

Result<CandidateScorer> CandidateScorer::create(std::shared_ptr<const Model> model,
                                                std::span<const std::string> context_fields) {
  FRESHET_CHECK(model != nullptr && has_float_mode());
  Result<WideFeatures> wide = WideFeatures::create(model, context_fields);
  if (!wide) return tl::unexpected(wide.error());
  CandidateScorer scorer(std::move(model), std::move(*wide));
  const std::size_t h1 = scorer.model_->hidden1.weight.rows;
  for (const std::vector<float>* sums : {&scorer.first_.p, &scorer.first_.d}) {
    if (Status finite = check_folded(*sums, h1); !finite) return tl::unexpected(finite.error());
  }
  return scorer;
}

CandidateScorer::CandidateScorer(std::shared_ptr<const Model> model, WideFeatures wide)
    : model_(std::move(model)),
      wide_(std::move(wide)),
      first_(fold_weights(*model_)),
      hidden2_(transposed<float>(model_->hidden2.weight)) {}

CandidateScorer::FoldWeights CandidateScorer::fold_weights(const Model& model) {
  const std::size_t dim = model.embedding_dim;
  const std::size_t wide_dim = dim * model.behaviours.size();
  const Matrix& w1 = model.hidden1.weight;
  const std::size_t h1 = w1.rows;
  FoldWeights parts;
  parts.p.resize(wide_dim * h1);
  parts.d.resize(dim * h1, 0.0F);
  parts.c.resize(wide_dim * h1);
  for (std::size_t i = 0; i < wide_dim; ++i) {
    for (std::size_t j = 0; j < h1; ++j) {
      const float a = w1.at(j, i);
      const float b = w1.at(j, wide_dim + i);
      float& d = parts.d[i % dim * h1 + j];
      parts.p[i * h1 + j] = a + b;
      d = d + (a - b);
      parts.c[i * h1 + j] = w1.at(j, 2 * wide_dim + i);
    }
  }
  return parts;
}

void CandidateScorer::fold(std::span<const float> u, const WideInputs& wide,
                           UserFold* result) const {
  const std::size_t dim = model_->embedding_dim;
  const std::size_t h1 = model_->hidden1.weight.rows;
  FRESHET_CHECK(u.size() == dim * model_->behaviours.size());
  result->a.resize(h1);
  dense<float>(u, first_.p, model_->hidden1.bias, result->a);
  result->m = first_.d;
  for (std::size_t k = 0; k < u.size(); ++k) {
    const float* c = &first_.c[k * h1];
    float* m = &result->m[k % dim * h1];
    for (std::size_t j = 0; j < h1; ++j) m[j] = std::fma(c[j], u[k], m[j]);
  }
  result->wide_user = wide_.user_sum(wide);
  wide_.candidate_keys(wide, &result->candidate_keys);
}

void CandidateScorer::score(const UserFold& fold, std::span<const ItemRow> candidates,
                            std::span<CandidateLogit> out) const {
  FRESHET_CHECK(candidates.size() == out.size());
  const std::size_t h1 = model_->hidden1.weight.rows;
  const std::size_t h2 = model_->hidden2.weight.rows;
  const float bias = model_->output.bias[0];
  std::vector<float> first(kBlock * h1);
  std::vector<float> second(kBlock * h2);
  std::array<const float*, kBlock> rows{};
  for (std::size_t begin = 0; begin < candidates.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, candidates.size() - begin);
    const std::span<const float* const> inputs(rows.data(), count);
    const std::span<float> z1(first.data(), count * h1);
    const std::span<float> z2(second.data(), count * h2);
    for (std::size_t r = 0; r < count; ++r)
      rows[r] = model_->items.row(candidates[begin + r].value);
    dense_rows(inputs, model_->embedding_dim, fold.m, fold.a, z1);
    relu(z1);
    for (std::size_t r = 0; r < count; ++r) rows[r] = &first[r * h1];
    dense_rows(inputs, h1, hidden2_, model_->hidden2.bias, z2);
    relu(z2);
    for (std::size_t r = 0; r < count; ++r) {
      CandidateLogit& logit = out[begin + r];
      logit.deep = fixed_dot(model_->output.weight.data, z2.subspan(r * h2, h2));
      logit.wide = wide_.candidate_sum(fold.wide_user, fold.candidate_keys, candidates[begin + r]);
      logit.total = (logit.wide + logit.deep) + bias;
    }
  }
}

float sigmoid(float logit) { return static_cast<float>(sigmoid64(logit)); }

}  // namespace freshet::scorer
