#include "scorer/reference/representation_scale.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/check.h"

namespace freshet::scorer {
namespace {

double largest_value(const Model& model, std::span<const ReferenceClick> clicks) {
  double largest = 0.0;
  for (const ReferenceClick& click : clicks) {
    if (!click.row) continue;
    const float* x = model.items.row(click.row->value);
    for (std::size_t c = 0; c < model.embedding_dim; ++c) {
      largest = std::max(largest, std::fabs(double{x[c]}));
    }
  }
  return largest;
}

// The largest sum over the clicks of |alpha x|, each channel with its own alpha.
double largest_weighted_sum(const Model& model, std::size_t behaviour,
                            std::span<const ReferenceClick> clicks) {
  const std::size_t dim = model.embedding_dim;
  const std::vector<double> alpha = reference_weights(model, behaviour, clicks);
  std::vector<double> sums(dim, 0.0);
  for (std::size_t i = 0; i < clicks.size(); ++i) {
    if (!clicks[i].row) continue;
    const float* x = model.items.row(clicks[i].row->value);
    for (std::size_t c = 0; c < dim; ++c) sums[c] += alpha[i * dim + c] * std::fabs(double{x[c]});
  }
  return *std::max_element(sums.begin(), sums.end());
}

double largest_row_sum(const Matrix& matrix) {
  double largest = 0.0;
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < matrix.cols; ++j) sum += std::fabs(double{matrix.at(i, j)});
    largest = std::max(largest, sum);
  }
  return largest;
}

}  // namespace

double representation_scale(const Model& model, Representation representation,
                            std::span<const ReferenceClick> clicks) {
  const BehaviourModel& behaviour = model.behaviours[representation.behaviour];
  double scale = largest_value(model, clicks);
  if (representation.kind == RepresentationKind::kTraditional) {
    if (behaviour.traditional()->softmax == SoftmaxOver::kPositions) return scale;
    return std::max(scale, largest_weighted_sum(model, representation.behaviour, clicks));
  }
  FRESHET_CHECK(representation.kind == RepresentationKind::kSelf);
  const SelfAttention& attention = *behaviour.self();
  if (attention.pool == RowPool::kSum) {
    scale *= static_cast<double>(std::count_if(
        clicks.begin(), clicks.end(), [](const ReferenceClick& click) { return click.row; }));
  }
  return attention.wv.rows == 0 ? scale : scale * largest_row_sum(attention.wv);
}

}  // namespace freshet::scorer
