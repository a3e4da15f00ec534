#include "scorer/model/attention_check.h"

#include <string>

#include "scorer/model/limit_check.h"
#include "scorer/model/model_limits.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

Status check_recency(const std::string& where, double recency_per_day) {
  if (recency_per_day >= 0.0 && recency_per_day <= kRecencyPerDayMax) return {};
  return refuse_model(where + "recency_per_day must be from 0 to 1000");
}

Status check_traditional(const std::string& where, const TraditionalAttention& attention) {
  if (auto status = check_size(where + "attention.hidden", attention.w1.rows, kLayerWidthMax);
      !status) {
    return status;
  }
  if (auto status = check_recency(where, attention.recency_per_day); !status) return status;
  if (attention.softmax == SoftmaxOver::kChannels) {
    if (attention.weight == WeightKind::kScalar) {
      return refuse_model(
          where + "softmax: channels needs weight: per_channel; a scalar weight has one channel");
    }
    if (attention.recency_per_day != 0.0) {
      return refuse_model(
          where +
          "recency_per_day has no effect with softmax: channels; set it to 0 or use "
          "softmax: positions");
    }
  }
  return {};
}

Status check_score(const std::string& where, const PairScore& score) {
  if (!score.has_matrices()) return {};
  return check_size(where + "attention.hidden", score.wq.rows, kLayerWidthMax);
}

Status check_self(const std::string& where, Variant variant, const SelfAttention& attention) {
  if (auto status = check_recency(where, attention.recency_per_day); !status) return status;
  const bool with_values = variant == Variant::kSelf || variant == Variant::kSelfShared;
  if (with_values != (attention.wv.rows > 0) ||
      attention.target.has_value() != (variant == Variant::kSelf)) {
    return refuse_model(where + "its weights are not those of the model's variant");
  }
  const bool activated = variant == Variant::kSelfBilinearActivated || variant == Variant::kMerged;
  if (!attention.score.has_matrices()) {
    return check_size(where + "attention.hidden", 0, kLayerWidthMax);
  }
  if (with_values == (attention.score.kind == ScoreKind::kBilinear)) {
    return refuse_model(where + (with_values ? "score must be additive, dot or scaled_dot"
                                             : "score must be bilinear"));
  }
  if (activated == (attention.score.activation == Activation::kNone)) {
    return refuse_model(where + (activated ? "activation must be relu or tanh"
                                           : "this variant has no activation; set it to none"));
  }
  return check_score(where, attention.score);
}

// The alternative of `attention` that a variant has.
bool fits(Variant variant, const BehaviourModel& behaviour) {
  switch (variant) {
    case Variant::kTraditional:
      return std::holds_alternative<TraditionalAttention>(behaviour.attention);
    case Variant::kSelf:
    case Variant::kSelfShared:
    case Variant::kSelfBilinear:
    case Variant::kSelfBilinearActivated:
      return std::holds_alternative<SelfAttention>(behaviour.attention);
    case Variant::kMerged:
      return std::holds_alternative<MergedAttention>(behaviour.attention);
    case Variant::kTarget:
      return std::holds_alternative<TargetAttention>(behaviour.attention);
    case Variant::kNone:
      return std::holds_alternative<NoAttention>(behaviour.attention);
  }
  return false;
}

}  // namespace

Status check_behaviour(Variant variant, const BehaviourModel& behaviour) {
  const std::string where = "behaviour \"" + behaviour.name + "\": ";
  if (auto status = check_name("behaviour", behaviour.name); !status) return status;
  if (!fits(variant, behaviour)) {
    return refuse_model(where + "its attention is not of the model's variant");
  }
  if (const TraditionalAttention* traditional = behaviour.traditional()) {
    if (auto status = check_traditional(where, *traditional); !status) return status;
  }
  if (const SelfAttention* self = behaviour.self()) {
    if (auto status = check_self(where, variant, *self); !status) return status;
  }
  if (const TargetAttention* target = behaviour.target()) {
    if (auto status = check_recency(where, target->recency_per_day); !status) return status;
    return check_score(where, target->score);
  }
  return {};
}

}  // namespace freshet::scorer
