#include "scorer/reference.h"

#include <algorithm>
#include <cmath>

#include "common/hash.h"

namespace freshet::scorer {
namespace {

using Vector = std::vector<double>;

double activated(Activation activation, double z) {
  switch (activation) {
    case Activation::kNone:
      return z;
    case Activation::kRelu:
      return std::max(z, 0.0);
    case Activation::kTanh:
      return std::tanh(z);
  }
  return z;
}

Vector affine(const Matrix& weight, const std::vector<float>& bias, const Vector& x) {
  Vector y(weight.rows);
  for (std::size_t j = 0; j < weight.rows; ++j) {
    y[j] = double{bias[j]};
    for (std::size_t i = 0; i < weight.cols; ++i) y[j] += double{weight.at(j, i)} * x[i];
  }
  return y;
}

Vector embedding(const Model& model, ItemRow row) {
  const float* x = model.items.row(row.value);
  return {x, x + model.embedding_dim};
}

Vector score(const Model& model, const TraditionalAttention& attention,
             const ReferenceClick& click) {
  Vector h = affine(attention.w1, attention.b1, embedding(model, *click.row));
  for (double& value : h) value = activated(attention.activation, value);
  Vector s = affine(attention.w2, attention.b2, h);
  // exp(-lambda * age) with the age counted from 2020; the origin cancels in the softmax.
  const double days = static_cast<double>(click.ts.ms - 1577836800000) / 86400000.0;
  for (double& value : s) value += attention.recency_per_day * days;
  return s;
}

// Softmax over the entries first, first + step, ... of values; those of -infinity get 0.
void softmax(std::size_t first, std::size_t step, std::size_t count, Vector* values) {
  double max = -INFINITY;
  for (std::size_t i = 0; i < count; ++i) max = std::max(max, (*values)[first + i * step]);
  if (max == -INFINITY) {
    for (std::size_t i = 0; i < count; ++i) (*values)[first + i * step] = 0.0;
    return;
  }
  double sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    double& value = (*values)[first + i * step];
    value = std::exp(value - max);
    sum += value;
  }
  for (std::size_t i = 0; i < count; ++i) (*values)[first + i * step] /= sum;
}

class WideReader {
 public:
  WideReader(const Model& model, const ReferenceWideInputs& inputs)
      : model_(model), inputs_(inputs) {}

  double sum(ItemRow candidate) const {
    const std::uint64_t item = item_hash(candidate);
    double total = 0.0;
    for (std::size_t k = 0; k < model_.wide.crosses.size(); ++k) {
      const Cross& cross = model_.wide.crosses[k];
      const std::uint64_t salt = mix64(k + 1);
      const auto context = context_hash(cross);
      switch (cross.kind) {
        case CrossKind::kItem:
          total += single(salt, item);
          break;
        case CrossKind::kUser:
          total += single(salt, fnv1a64(inputs_.user_id));
          break;
        case CrossKind::kContext:
          if (context) total += single(salt, *context);
          break;
        case CrossKind::kRecentXItem:
          for (std::size_t i = 0; i < inputs_.recent.size() && i < model_.wide.recent_clicks; ++i) {
            total += pair(salt, item_hash(inputs_.recent[i]), item);
          }
          break;
        case CrossKind::kContextXItem:
          if (context) total += pair(salt, *context, item);
          break;
      }
    }
    return total;
  }

 private:
  std::uint64_t item_hash(ItemRow row) const { return fnv1a64(model_.item_ids[row.value].view()); }

  std::optional<std::uint64_t> context_hash(const Cross& cross) const {
    for (std::size_t f = 0; f < inputs_.context_fields.size(); ++f) {
      if (inputs_.context_fields[f] != cross.context_field || !inputs_.context[f]) continue;
      return fnv1a64(cross.context_field + '\x1f' + std::string(*inputs_.context[f]));
    }
    return std::nullopt;
  }

  double weight(std::uint64_t hash) const {
    return double{model_.wide.weights[hash % model_.wide.buckets]};
  }
  double single(std::uint64_t salt, std::uint64_t hash) const { return weight(mix64(salt ^ hash)); }
  double pair(std::uint64_t salt, std::uint64_t left, std::uint64_t right) const {
    return weight(mix64(mix64(salt ^ left) ^ right));
  }

  const Model& model_;
  const ReferenceWideInputs& inputs_;
};

}  // namespace

std::vector<double> reference_weights(const Model& model, std::size_t behaviour,
                                      std::span<const ReferenceClick> clicks) {
  const TraditionalAttention& attention = *model.behaviours[behaviour].traditional();
  const std::size_t width = attention.w2.rows;
  const std::size_t count = clicks.size();
  Vector alpha(count * width, -INFINITY);
  for (std::size_t i = 0; i < count; ++i) {
    if (!clicks[i].row) continue;
    const Vector s = score(model, attention, clicks[i]);
    for (std::size_t k = 0; k < width; ++k) alpha[i * width + k] = s[k];
  }
  if (attention.softmax == SoftmaxOver::kPositions) {
    for (std::size_t k = 0; k < width; ++k) softmax(k, width, count, &alpha);
  } else {
    for (std::size_t i = 0; i < count; ++i) softmax(i * width, 1, width, &alpha);
  }
  return alpha;
}

std::vector<double> reference_representation(const Model& model, std::size_t behaviour,
                                             std::span<const ReferenceClick> clicks) {
  const std::size_t width = model.behaviours[behaviour].traditional()->w2.rows;
  const Vector alpha = reference_weights(model, behaviour, clicks);
  Vector u(model.embedding_dim, 0.0);
  for (std::size_t i = 0; i < clicks.size(); ++i) {
    if (!clicks[i].row) continue;
    const Vector x = embedding(model, *clicks[i].row);
    for (std::size_t c = 0; c < u.size(); ++c) u[c] += alpha[i * width + c % width] * x[c];
  }
  return u;
}

std::vector<ReferenceLogit> reference_logits(const Model& model, std::span<const double> u,
                                             const ReferenceWideInputs& wide,
                                             std::span<const ItemRow> candidates) {
  const WideReader reader(model, wide);
  std::vector<ReferenceLogit> logits;
  for (const ItemRow candidate : candidates) {
    const Vector t = embedding(model, candidate);
    Vector fused;
    for (std::size_t i = 0; i < u.size(); ++i) fused.push_back(u[i] + t[i % t.size()]);
    for (std::size_t i = 0; i < u.size(); ++i) fused.push_back(u[i] - t[i % t.size()]);
    for (std::size_t i = 0; i < u.size(); ++i) fused.push_back(u[i] * t[i % t.size()]);
    Vector h = affine(model.hidden1.weight, model.hidden1.bias, fused);
    for (double& value : h) value = std::max(value, 0.0);
    h = affine(model.hidden2.weight, model.hidden2.bias, h);
    for (double& value : h) value = std::max(value, 0.0);
    const double bias = double{model.output.bias[0]};
    ReferenceLogit logit;
    logit.deep = affine(model.output.weight, model.output.bias, h)[0] - bias;
    logit.wide = reader.sum(candidate);
    logit.total = logit.wide + logit.deep + bias;
    logits.push_back(logit);
  }
  return logits;
}

double reference_sigmoid(double logit) { return 1.0 / (1.0 + std::exp(-logit)); }

}  // namespace freshet::scorer
