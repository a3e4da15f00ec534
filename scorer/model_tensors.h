// The tensors of a model folder: one list of names and shapes for the loader, the writer, the
// checks and the random model, so that they cannot disagree. docs/formats.md repeats it for others.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scorer/model.h"

namespace freshet::scorer {

using TensorShape = std::vector<std::size_t>;

// Calls visit(name, shape, data) for each tensor in the folder's order. ModelType is Model or const
// Model; data is its std::vector<float>. Shapes come from the sizes in the model, not from data.
template <class ModelType, class Visit>
void for_each_tensor(ModelType& model, Visit visit) {
  const auto matrix = [&](const std::string& name, auto& value) {
    visit(name, TensorShape{value.rows, value.cols}, value.data);
  };
  matrix("item.embedding", model.items);
  for (auto& behaviour : model.behaviours) {
    auto& attention = behaviour.attention;
    const std::string prefix = "behaviour." + behaviour.name + ".attention.";
    matrix(prefix + "w1", attention.w1);
    visit(prefix + "b1", TensorShape{attention.w1.rows}, attention.b1);
    matrix(prefix + "w2", attention.w2);
    visit(prefix + "b2", TensorShape{attention.w2.rows}, attention.b2);
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

// Set rows and columns of the matrices from the widths; the data stay as they are. The activation
// kinds and embedding_dim must be set before.
void set_attention_shapes(std::size_t embedding_dim, std::size_t hidden,
                          TraditionalAttention* attention);
void set_deep_shapes(std::size_t hidden1, std::size_t hidden2, Model* model);

// "[3, 64]", for messages.
std::string to_string(const TensorShape& shape);

}  // namespace freshet::scorer
