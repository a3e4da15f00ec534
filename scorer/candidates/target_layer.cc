#include "scorer/candidates/target_layer.h"

#include <algorithm>
#include <cmath>

#include "scorer/exp64.h"
#include "scorer/kernels.h"

namespace freshet::scorer {
namespace {

// W x + b in double, W transposed once.
class DoubleLayer {
 public:
  explicit DoubleLayer(const Matrix& weight)
      : weight_(transposed<double>(weight)), bias_(weight.rows, 0.0) {}
  DoubleLayer(const Matrix& weight, const std::vector<float>& bias)
      : weight_(transposed<double>(weight)), bias_(bias.begin(), bias.end()) {}

  std::vector<double> operator()(std::span<const double> x) const {
    std::vector<double> y(bias_.size());
    dense(x, weight_, bias_, y);
    return y;
  }

 private:
  AlignedVector<double> weight_;  // [in, out]
  std::vector<double> bias_;      // [out]
};

// Softmax weights without their division, and their sum.
double exponentials(std::span<double> scores) {
  const double max = *std::max_element(scores.begin(), scores.end());
  double sum = 0.0;
  for (double& score : scores) {
    score = exp64(score - max);
    sum += score;
  }
  return sum;
}

class MeanLayer final : public TargetLayer {
 public:
  void apply(const FieldVectors& fields, std::span<double> target) const override {
    for (std::size_t c = 0; c < target.size(); ++c) {
      double sum = 0.0;
      for (const auto& field : fields) sum += field[c];
      target[c] = sum / static_cast<double>(fields.size());
    }
  }
};

class TraditionalLayer final : public TargetLayer {
 public:
  explicit TraditionalLayer(const TraditionalAttention& attention)
      : activation_(attention.activation),
        first_(attention.w1, attention.b1),
        second_(attention.w2, attention.b2) {}

  void apply(const FieldVectors& fields, std::span<double> target) const override {
    std::vector<std::vector<double>> scores;  // [F][S]
    for (const auto& field : fields) {
      std::vector<double> hidden = first_(field);
      activate(activation_, hidden);
      scores.push_back(second_(hidden));
    }
    const std::size_t channels = scores[0].size();
    std::vector<double> weight(fields.size());
    double sum = 0.0;
    for (std::size_t c = 0; c < target.size(); ++c) {
      if (c < channels) {
        for (std::size_t k = 0; k < fields.size(); ++k) weight[k] = scores[k][c];
        sum = exponentials(weight);
      }
      double value = 0.0;
      for (std::size_t k = 0; k < fields.size(); ++k) {
        value = std::fma(weight[k], fields[k][c], value);
      }
      target[c] = value / sum;
    }
  }

 private:
  Activation activation_;
  DoubleLayer first_;
  DoubleLayer second_;
};

class SelfLayer final : public TargetLayer {
 public:
  SelfLayer(const PairScore& score, RowPool pool, const Matrix& wv)
      : score_(score), pool_(pool), wq_(score.wq), wk_(score.wk), wv_(wv), has_wv_(wv.rows > 0) {}

  void apply(const FieldVectors& fields, std::span<double> target) const override {
    const std::size_t rows = pool_ == RowPool::kLast ? 1 : fields.size();
    std::vector<double> pooled(target.size(), 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::vector<double> y = row(fields, i);
      for (std::size_t c = 0; c < pooled.size(); ++c) pooled[c] += y[c];
    }
    if (pool_ == RowPool::kMean) {
      for (double& value : pooled) value /= static_cast<double>(fields.size());
    }
    if (has_wv_) pooled = wv_(pooled);
    std::copy(pooled.begin(), pooled.end(), target.begin());
  }

 private:
  // y_i. The first field, which `last` asks for, is row 0.
  std::vector<double> row(const FieldVectors& fields, std::size_t i) const {
    if (fields.size() == 1) return fields[0];
    const std::vector<double> query = projected(wq_, fields[i]);
    std::vector<double> weight;
    for (const auto& field : fields) weight.push_back(score(query, projected(wk_, field)));
    const double sum = exponentials(weight);
    std::vector<double> y(fields[0].size(), 0.0);
    for (std::size_t c = 0; c < y.size(); ++c) {
      for (std::size_t j = 0; j < fields.size(); ++j) {
        y[c] = std::fma(weight[j], fields[j][c], y[c]);
      }
      y[c] /= sum;
    }
    return y;
  }

  std::vector<double> projected(const DoubleLayer& layer, const std::vector<double>& x) const {
    std::vector<double> y = layer(x);
    activate(score_.activation, y);
    return y;
  }

  double score(const std::vector<double>& query, const std::vector<double>& key) const {
    double sum = 0.0;
    for (std::size_t h = 0; h < query.size(); ++h) {
      sum = score_.kind == ScoreKind::kAdditive
                ? std::fma(double{score_.v[h]}, tanh64(query[h] + key[h]), sum)
                : std::fma(query[h], key[h], sum);
    }
    if (score_.kind != ScoreKind::kScaledDot) return sum;
    return sum / std::sqrt(static_cast<double>(query.size()));
  }

  const PairScore& score_;
  RowPool pool_;
  DoubleLayer wq_;
  DoubleLayer wk_;
  DoubleLayer wv_;
  bool has_wv_;
};

}  // namespace

std::unique_ptr<const TargetLayer> make_target_layer(const Model& model,
                                                     Representation representation) {
  const BehaviourModel& behaviour = model.behaviours[representation.behaviour];
  if (representation.kind == RepresentationKind::kTraditional) {
    return std::make_unique<TraditionalLayer>(*behaviour.traditional());
  }
  if (representation.kind == RepresentationKind::kSelf) {
    const SelfAttention& self = *behaviour.self();
    if (self.target) {
      return std::make_unique<SelfLayer>(self.target->score, self.pool, self.target->wv);
    }
    return std::make_unique<SelfLayer>(self.score, self.pool, self.wv);
  }
  return std::make_unique<MeanLayer>();
}

}  // namespace freshet::scorer
