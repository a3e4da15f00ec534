#include "scorer/candidates/factored_layer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "common/check.h"
#include "scorer/kernels.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {

Status check_folded(std::span<const float> sums, std::size_t h1) {
  const auto bad =
      std::find_if(sums.begin(), sums.end(), [](float x) { return !std::isfinite(x); });
  if (bad == sums.end()) return {};
  return refuse_model("tensor deep.0.weight: row " +
                      std::to_string(static_cast<std::size_t>(bad - sums.begin()) % h1) +
                      ": its weights add up to more than float32 holds; the model has diverged, "
                      "train it with smaller steps or weight decay");
}

Result<FactoredLayer> FactoredLayer::create(std::shared_ptr<const Model> model,
                                            std::shared_ptr<const TargetTable> targets) {
  FactoredLayer layer(std::move(model), std::move(targets));
  const std::size_t h1 = layer.model_->hidden1.weight.rows;
  for (const AlignedVector<float>* sums : {&layer.e_, &layer.d_}) {
    if (Status finite = check_folded(*sums, h1); !finite) return tl::unexpected(finite.error());
  }
  return layer;
}

FactoredLayer::FactoredLayer(std::shared_ptr<const Model> model,
                             std::shared_ptr<const TargetTable> targets)
    : model_(std::move(model)), targets_(std::move(targets)) {
  const Matrix& w1 = model_->hidden1.weight;
  const std::size_t h1 = w1.rows;
  const std::size_t wide_dim = w1.cols / 3;
  e_.resize(wide_dim * h1);
  d_.resize(targets_->width() * h1, 0.0F);
  c_.resize(wide_dim * h1);
  for (std::size_t i = 0; i < wide_dim; ++i) {
    for (std::size_t j = 0; j < h1; ++j) {
      const float a = w1.at(j, i);
      const float b = w1.at(j, wide_dim + i);
      float& d = d_[i % targets_->width() * h1 + j];
      e_[i * h1 + j] = a + b;
      d = d + (a - b);
      c_[i * h1 + j] = w1.at(j, 2 * wide_dim + i);
    }
  }
}

void FactoredLayer::fold(const UserInputs& user, UserFold* fold) const {
  const std::size_t h1 = model_->hidden1.weight.rows;
  FRESHET_CHECK(3 * user.u.size() == model_->hidden1.weight.cols);
  fold->a.resize(h1);
  dense(user.u, e_, model_->hidden1.bias, fold->a);
  fold->m = d_;
  for (std::size_t k = 0; k < user.u.size(); ++k) {
    const float* c = &c_[k * h1];
    float* m = &fold->m[k % targets_->width() * h1];
    for (std::size_t j = 0; j < h1; ++j) m[j] = std::fma(c[j], user.u[k], m[j]);
  }
}

void FactoredLayer::apply(const UserFold& fold, std::span<const ItemRow> candidates,
                          std::span<const ItemRow> next, std::span<float> h1) const {
  FRESHET_CHECK(candidates.size() <= kScoreBlock && next.size() <= kScoreBlock);
  using Rows = std::array<const float*, kScoreBlock>;
  const auto rows_of = [&](std::span<const ItemRow> items, Rows* rows) {
    for (std::size_t r = 0; r < items.size(); ++r) (*rows)[r] = targets_->row(items[r]);
    return std::span<const float* const>(*rows).first(items.size());
  };
  Rows rows;
  Rows next_rows;
  dense_rows(rows_of(candidates, &rows), targets_->width(), {fold.m, fold.a, true}, h1,
             rows_of(next, &next_rows));
}

}  // namespace freshet::scorer
