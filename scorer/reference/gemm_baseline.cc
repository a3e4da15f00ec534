#include "scorer/reference/gemm_baseline.h"

#include <Eigen/Core>
#include <utility>

namespace freshet::scorer {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const RowMajor> weight_of(const DenseLayer& layer) {
  return {layer.weight.data.data(), static_cast<Eigen::Index>(layer.weight.rows),
          static_cast<Eigen::Index>(layer.weight.cols)};
}

Eigen::Map<const Eigen::VectorXf> bias_of(const DenseLayer& layer) {
  return {layer.bias.data(), static_cast<Eigen::Index>(layer.bias.size())};
}

}  // namespace

// One column per candidate.
struct GemmBaseline::Buffers {
  Eigen::MatrixXf fused;   // [3 B d, C]
  Eigen::MatrixXf first;   // [h1, C]
  Eigen::MatrixXf second;  // [h2, C]
};

GemmBaseline::GemmBaseline(std::shared_ptr<const Model> model)
    : model_(std::move(model)), buffers_(std::make_unique<Buffers>()) {}

GemmBaseline::~GemmBaseline() = default;

void GemmBaseline::deep_logits(std::span<const float> u, std::span<const ItemRow> candidates,
                               std::span<float> deep) {
  const auto dim = static_cast<Eigen::Index>(model_->embedding_dim);
  const auto wide_dim = static_cast<Eigen::Index>(u.size());
  const auto count = static_cast<Eigen::Index>(candidates.size());
  const Eigen::Map<const Eigen::VectorXf> user(u.data(), wide_dim);
  Eigen::MatrixXf& fused = buffers_->fused;
  fused.resize(3 * wide_dim, count);
  for (Eigen::Index column = 0; column < count; ++column) {
    const ItemRow row = candidates[static_cast<std::size_t>(column)];
    const Eigen::Map<const Eigen::VectorXf> item(model_->items.row(row.value), dim);
    for (Eigen::Index begin = 0; begin < wide_dim; begin += dim) {
      const auto part = user.segment(begin, dim);
      fused.col(column).segment(begin, dim) = part + item;
      fused.col(column).segment(wide_dim + begin, dim) = part - item;
      fused.col(column).segment(2 * wide_dim + begin, dim) = part.cwiseProduct(item);
    }
  }
  buffers_->first.noalias() = weight_of(model_->hidden1) * fused;
  buffers_->first.colwise() += bias_of(model_->hidden1);
  buffers_->first = buffers_->first.cwiseMax(0.0F);
  buffers_->second.noalias() = weight_of(model_->hidden2) * buffers_->first;
  buffers_->second.colwise() += bias_of(model_->hidden2);
  buffers_->second = buffers_->second.cwiseMax(0.0F);
  Eigen::Map<Eigen::RowVectorXf> result(deep.data(), count);
  result.noalias() = weight_of(model_->output) * buffers_->second;
}

}  // namespace freshet::scorer
