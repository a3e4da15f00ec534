// The tensors of a model folder: one list of names and shapes for the loader, the writer, the
// checks and the random model, so that they cannot disagree. docs/formats.md repeats it for others.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scorer/model/model.h"

namespace freshet::scorer {

using TensorShape = std::vector<std::size_t>;

// Calls visit(name, shape, data) for the tensors of one attention, whose names begin with prefix.
template <class Score, class Visit>
void for_each_tensor_of_score(const std::string& prefix, Score& score, Visit visit) {
  if (!score.has_matrices()) return;
  visit(prefix + "wq", TensorShape{score.wq.rows, score.wq.cols}, score.wq.data);
  visit(prefix + "wk", TensorShape{score.wk.rows, score.wk.cols}, score.wk.data);
  if (score.has_v()) visit(prefix + "v", TensorShape{score.wq.rows}, score.v);
}

template <class Traditional, class Visit>
void for_each_tensor_of_traditional(const std::string& prefix, Traditional& attention,
                                    Visit visit) {
  visit(prefix + "w1", TensorShape{attention.w1.rows, attention.w1.cols}, attention.w1.data);
  visit(prefix + "b1", TensorShape{attention.w1.rows}, attention.b1);
  visit(prefix + "w2", TensorShape{attention.w2.rows, attention.w2.cols}, attention.w2.data);
  visit(prefix + "b2", TensorShape{attention.w2.rows}, attention.b2);
}

template <class Self, class Visit>
void for_each_tensor_of_self(const std::string& prefix, Self& attention, Visit visit) {
  for_each_tensor_of_score(prefix + "self.", attention.score, visit);
  const auto values = [&](const std::string& name, auto& wv) {
    if (wv.rows > 0) visit(name, TensorShape{wv.rows, wv.cols}, wv.data);
  };
  values(prefix + "self.wv", attention.wv);
  if (!attention.target) return;
  for_each_tensor_of_score(prefix + "target.", attention.target->score, visit);
  values(prefix + "target.wv", attention.target->wv);
}

// Calls visit(name, shape, data) for each tensor in the folder's order. ModelType is Model or const
// Model; data is its std::vector<float>. Shapes come from the sizes in the model, not from data.
template <class ModelType, class Visit>
void for_each_tensor(ModelType& model, Visit visit) {
  const auto matrix = [&](const std::string& name, auto& value) {
    visit(name, TensorShape{value.rows, value.cols}, value.data);
  };
  matrix("item.embedding", model.items);
  if (model.target_fields) matrix("target.embedding", model.target_fields->embedding);
  for (auto& behaviour : model.behaviours) {
    const std::string prefix = "behaviour." + behaviour.name + ".";
    if (auto* traditional = behaviour.traditional()) {
      for_each_tensor_of_traditional(prefix + "attention.", *traditional, visit);
    }
    if (auto* self = behaviour.self()) for_each_tensor_of_self(prefix, *self, visit);
    if (auto* target = behaviour.target()) {
      for_each_tensor_of_score(prefix + "target.", target->score, visit);
    }
  }
  const auto layer = [&](const std::string& name, auto& value) {
    matrix(name + ".weight", value.weight);
    visit(name + ".bias", TensorShape{value.weight.rows}, value.bias);
  };
  layer("deep.0", model.hidden1);
  layer("deep.1", model.hidden2);
  layer("deep.2", model.output);
  if (model.wide.buckets > 0) {
    visit(std::string("wide.weight"), TensorShape{model.wide.buckets}, model.wide.weights);
  }
}

// Set rows and columns of the matrices from the widths; the data stay as they are. The options and,
// for the deep layers, the behaviours and embedding_dim must be set before.
void set_attention_shapes(std::size_t embedding_dim, std::size_t hidden,
                          TraditionalAttention* attention);
// `variant` is one of the self kinds, or merged. Gives variant `self` its own target weights.
void set_self_shapes(Variant variant, std::size_t embedding_dim, std::size_t hidden,
                     bool target_fields, SelfAttention* attention);
// `hidden` is not read for the scores that have no matrices.
void set_target_shapes(std::size_t embedding_dim, std::size_t hidden, TargetAttention* attention);
void set_deep_shapes(std::size_t hidden1, std::size_t hidden2, Model* model);

// "[3, 64]", for messages.
std::string to_string(const TensorShape& shape);

}  // namespace freshet::scorer
