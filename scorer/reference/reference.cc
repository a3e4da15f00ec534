#include "scorer/reference/reference.h"

#include <cmath>

#include "common/check.h"
#include "common/hash.h"
#include "scorer/reference/reference_math.h"

namespace freshet::scorer {
namespace {

using reference::Vector;

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

ReferenceLogit logit_of(const Model& model, const Vector& u, const WideReader& reader,
                        ItemRow candidate) {
  const std::size_t dim = model.embedding_dim;
  Vector t;
  for (std::size_t p = 0; p * dim < u.size(); ++p) {
    const Vector part = reference_target(model, p, candidate);
    t.insert(t.end(), part.begin(), part.end());
  }
  Vector fused;
  for (std::size_t i = 0; i < u.size(); ++i) fused.push_back(u[i] + t[i]);
  for (std::size_t i = 0; i < u.size(); ++i) fused.push_back(u[i] - t[i]);
  for (std::size_t i = 0; i < u.size(); ++i) fused.push_back(u[i] * t[i]);
  Vector h = reference::affine(model.hidden1.weight, model.hidden1.bias, fused);
  h = reference::activated(Activation::kRelu, h);
  h = reference::affine(model.hidden2.weight, model.hidden2.bias, h);
  h = reference::activated(Activation::kRelu, h);
  const double bias = double{model.output.bias[0]};
  ReferenceLogit logit;
  logit.deep = reference::affine(model.output.weight, model.output.bias, h)[0] - bias;
  logit.wide = reader.sum(candidate);
  logit.total = logit.wide + logit.deep + bias;
  return logit;
}

}  // namespace

std::vector<ReferenceLogit> reference_logits(const Model& model, std::span<const double> u,
                                             const ReferenceWideInputs& wide,
                                             std::span<const ItemRow> candidates) {
  const WideReader reader(model, wide);
  const Vector all(u.begin(), u.end());
  std::vector<ReferenceLogit> logits;
  for (const ItemRow candidate : candidates) {
    logits.push_back(logit_of(model, all, reader, candidate));
  }
  return logits;
}

std::vector<ReferenceLogit> reference_logits(const Model& model,
                                             std::span<const std::vector<ReferenceClick>> clicks,
                                             const ReferenceWideInputs& wide,
                                             std::span<const ItemRow> candidates) {
  FRESHET_CHECK(clicks.size() == model.behaviours.size());
  const WideReader reader(model, wide);
  const std::vector<Representation> all = model.representations();
  std::vector<ReferenceLogit> logits;
  for (const ItemRow candidate : candidates) {
    Vector u;
    for (std::size_t p = 0; p < all.size(); ++p) {
      const std::vector<ReferenceClick>& seen = clicks[all[p].behaviour];
      const Vector part = all[p].kind == RepresentationKind::kTarget
                              ? reference_attended(model, p, seen, candidate)
                              : reference_representation(model, p, seen);
      u.insert(u.end(), part.begin(), part.end());
    }
    logits.push_back(logit_of(model, u, reader, candidate));
  }
  return logits;
}

double reference_sigmoid(double logit) { return 1.0 / (1.0 + std::exp(-logit)); }

}  // namespace freshet::scorer
