#include "scorer/model/model_tensors.h"

namespace freshet::scorer {
namespace {

void set_shape(std::size_t rows, std::size_t cols, Matrix* matrix) {
  matrix->rows = rows;
  matrix->cols = cols;
}

}  // namespace

void set_attention_shapes(std::size_t embedding_dim, std::size_t hidden,
                          TraditionalAttention* attention) {
  set_shape(hidden, embedding_dim, &attention->w1);
  set_shape(attention->weight == WeightKind::kScalar ? 1 : embedding_dim, hidden, &attention->w2);
}

void set_self_shapes(Variant variant, std::size_t embedding_dim, std::size_t hidden,
                     bool target_fields, SelfAttention* attention) {
  set_shape(hidden, embedding_dim, &attention->score.wq);
  set_shape(hidden, embedding_dim, &attention->score.wk);
  if (variant != Variant::kSelf && variant != Variant::kSelfShared) return;
  set_shape(embedding_dim, embedding_dim, &attention->wv);
  if (variant != Variant::kSelf) return;
  attention->target.emplace();
  attention->target->score.kind = attention->score.kind;
  set_shape(embedding_dim, embedding_dim, &attention->target->wv);
  if (!target_fields) return;
  set_shape(hidden, embedding_dim, &attention->target->score.wq);
  set_shape(hidden, embedding_dim, &attention->target->score.wk);
}

void set_target_shapes(std::size_t embedding_dim, std::size_t hidden, TargetAttention* attention) {
  PairScore& score = attention->score;
  if (score.kind != ScoreKind::kAdditive && score.kind != ScoreKind::kBilinear) return;
  set_shape(hidden, embedding_dim, &score.wq);
  set_shape(hidden, embedding_dim, &score.wk);
}

void set_deep_shapes(std::size_t hidden1, std::size_t hidden2, Model* model) {
  set_shape(hidden1, 3 * model->representations().size() * model->embedding_dim,
            &model->hidden1.weight);
  set_shape(hidden2, hidden1, &model->hidden2.weight);
  set_shape(1, hidden2, &model->output.weight);
}

std::string to_string(const TensorShape& shape) {
  std::string text = "[";
  for (std::size_t k = 0; k < shape.size(); ++k) {
    if (k > 0) text += ", ";
    text += std::to_string(shape[k]);
  }
  return text + "]";
}

}  // namespace freshet::scorer
