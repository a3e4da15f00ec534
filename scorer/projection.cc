#include "scorer/projection.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "scorer/exp64.h"
#include "scorer/kernels.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

constexpr double kAdditiveTermMax = 354.0;

}  // namespace

AlignedVector<double> projected(const float* rows, std::size_t count, const Matrix& weight,
                                Activation activation) {
  const AlignedVector<double> wt = transposed<double>(weight);
  const std::vector<double> zeros(weight.rows, 0.0);
  std::vector<double> x(weight.cols);
  AlignedVector<double> all(count * weight.rows);
  for (std::size_t item = 0; item < count; ++item) {
    std::copy_n(rows + item * weight.cols, x.size(), x.begin());
    const std::span<double> y(&all[item * weight.rows], weight.rows);
    dense(x, wt, zeros, y);
    activate(activation, y);
  }
  return all;
}

Status exponentiate(const Model& model, const std::string& behaviour, const char* tensor,
                    AlignedVector<double>* terms) {
  const std::size_t width = terms->size() / model.items.rows;
  for (std::size_t i = 0; i < terms->size(); ++i) {
    double& term = (*terms)[i];
    if (!(std::fabs(term) <= kAdditiveTermMax)) {
      return refuse_model("behaviour \"" + behaviour + "\": " + tensor + " x of item \"" +
                          model.item_ids[i / width].str() + "\" reaches " + std::to_string(term) +
                          ", beyond 354, where tanh has long been 1; the model has diverged, train "
                          "it with smaller steps or weight decay");
    }
    term = exp64(2.0 * term);
  }
  return {};
}

}  // namespace freshet::scorer
