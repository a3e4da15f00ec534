#include "scorer/model_check.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "scorer/model_limits.h"
#include "scorer/model_tensors.h"
#include "scorer/refuse_model.h"

namespace freshet::scorer {
namespace {

Status check_size(const std::string& what, std::size_t value, std::size_t max) {
  if (value >= 1 && value <= max) return {};
  return refuse_model(what + " is " + std::to_string(value) + "; it must be from 1 to " +
                      std::to_string(max));
}

Status check_name(const std::string& what, std::string_view name) {
  if (is_plain_name(name)) return {};
  return refuse_model(what + " \"" + std::string(name) +
                      "\" must be 1 to 64 characters of A-Z a-z 0-9 _ . -");
}

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

Status check_behaviours(const Model& model) {
  if (auto status = check_size("the number of behaviours", model.behaviours.size(), kBehavioursMax);
      !status) {
    return status;
  }
  if (model.variant == Variant::kNone && model.behaviours.size() != 1) {
    return refuse_model("variant none reads no sequence; name exactly one behaviour");
  }
  std::set<std::string> names;
  for (const BehaviourModel& behaviour : model.behaviours) {
    if (auto status = check_behaviour(model.variant, behaviour); !status) return status;
    if (!names.insert(behaviour.name).second) {
      return refuse_model("behaviour \"" + behaviour.name + "\" is named twice");
    }
  }
  return {};
}

Status check_target_names(const TargetFields& fields) {
  if (auto status =
          check_size("the number of target_fields", fields.names.size(), kTargetFieldsMax);
      !status) {
    return status;
  }
  std::set<std::string> names;
  for (std::size_t k = 0; k < fields.names.size(); ++k) {
    const std::string& name = fields.names[k];
    if (auto status = check_name("target_fields: field", name); !status) return status;
    if (name == "item" && k > 0) {
      return refuse_model("target_fields: item must stand first; the item's own row leads");
    }
    if (!names.insert(name).second) {
      return refuse_model("target_fields names \"" + name + "\" twice; remove one");
    }
  }
  if (fields.columns() > 0) return {};
  return refuse_model(
      "target_fields has no field beside item; name one, or leave target_fields out");
}

Status check_target_rows(const Model& model) {
  const TargetFields& fields = *model.target_fields;
  if (auto status =
          check_size("the number of rows of target.embedding", fields.embedding.rows, kItemsMax);
      !status) {
    return status;
  }
  const std::size_t columns = fields.columns();
  if (fields.rows.size() != columns * model.items.rows) {
    return refuse_model("target_fields.txt: has fields of " +
                        std::to_string(fields.rows.size() / columns) + " items for " +
                        std::to_string(model.items.rows) + " rows of item.embedding");
  }
  for (std::size_t k = 0; k < fields.rows.size(); ++k) {
    if (!fields.rows[k] || *fields.rows[k] < fields.embedding.rows) continue;
    return refuse_model("target_fields.txt:" + std::to_string(k / columns + 1) + ": row " +
                        std::to_string(*fields.rows[k]) + " is not one of the " +
                        std::to_string(fields.embedding.rows) +
                        " of target.embedding; export the model again");
  }
  return {};
}

Status check_crosses(const WideModel& wide) {
  if (wide.crosses.size() > kCrossesMax) {
    return refuse_model("wide.crosses has more than " + std::to_string(kCrossesMax) + " entries");
  }
  if (wide.crosses.empty() != (wide.buckets == 0)) {
    return refuse_model("wide.crosses and wide.buckets need each other; give both or neither");
  }
  if (wide.buckets > kWideBucketsMax) {
    return refuse_model("wide.buckets must be at most " + std::to_string(kWideBucketsMax));
  }
  if (wide.recent_clicks > kRecentClicksMax) {
    return refuse_model("wide.recent_clicks must be at most " + std::to_string(kRecentClicksMax));
  }
  std::set<std::pair<CrossKind, std::string>> seen;
  for (const Cross& cross : wide.crosses) {
    if (reads_context(cross.kind)) {
      if (auto status = check_name("wide.crosses: context field", cross.context_field); !status) {
        return status;
      }
    }
    if (cross.kind == CrossKind::kRecentXItem && wide.recent_clicks == 0) {
      return refuse_model(
          "wide.crosses has \"recent x item\", so wide.recent_clicks must be at least 1");
    }
    if (!seen.emplace(cross.kind, cross.context_field).second) {
      return refuse_model("wide.crosses names the same cross twice; remove one");
    }
  }
  return {};
}

Status check_items(const Model& model) {
  if (auto status = check_size("the number of items", model.item_ids.size(), kItemsMax); !status) {
    return status;
  }
  if (model.items.rows != model.item_ids.size()) {
    return refuse_model("there are " + std::to_string(model.item_ids.size()) + " item ids for " +
                        std::to_string(model.items.rows) + " rows of item.embedding");
  }
  for (std::size_t row = 0; row < model.item_ids.size(); ++row) {
    const ItemId& item = model.item_ids[row];
    const std::string place = "items.txt:" + std::to_string(row + 1) + ": ";
    if (!is_valid_id(item.view())) {
      return refuse_model(place + "an item id must be 1 to 128 bytes of valid UTF-8");
    }
    if (item.view().find_first_of("\r\n") != std::string_view::npos) {
      return refuse_model(place +
                          "the id has a line break in it; end lines with a line feed alone");
    }
    const ItemRow first = *model.row_of(item);
    if (first.value != row) {
      return refuse_model(place + "item \"" + item.str() + "\" stands in line " +
                          std::to_string(first.value + 1) + " already; each id may name one row");
    }
  }
  return {};
}

Status check_values(const Model& model) {
  Status status;
  for_each_tensor(model, [&](const std::string& name, const TensorShape& shape, const auto& data) {
    if (!status) return;
    std::size_t count = 1;
    for (const std::size_t extent : shape) count *= extent;
    if (data.size() != count) {
      status = refuse_model("tensor " + name + " has " + std::to_string(data.size()) +
                            " values for its shape " + to_string(shape));
      return;
    }
    const auto bad =
        std::find_if(data.begin(), data.end(), [](float v) { return !std::isfinite(v); });
    if (bad != data.end()) {
      status = refuse_model(
          "tensor " + name + ": value " + std::to_string(bad - data.begin()) +
          " is not finite; export the model again from a checkpoint without NaN or Inf");
    }
  });
  return status;
}

}  // namespace

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

Status check_shapes(const Model& model) {
  if (auto status = check_name("name", model.name); !status) return status;
  if (model.version > kModelVersionMax) {
    return refuse_model("version is " + std::to_string(model.version) + "; it must be at most " +
                        std::to_string(kModelVersionMax));
  }
  if (auto status = check_size("embedding_dim", model.embedding_dim, kEmbeddingDimMax); !status) {
    return status;
  }
  if (model.target_fields) {
    if (auto status = check_target_names(*model.target_fields); !status) return status;
  }
  if (auto status = check_behaviours(model); !status) return status;
  if (auto status = check_size("deep.layers[0]", model.hidden1.weight.rows, kLayerWidthMax);
      !status) {
    return status;
  }
  if (auto status = check_size("deep.layers[1]", model.hidden2.weight.rows, kLayerWidthMax);
      !status) {
    return status;
  }
  return check_crosses(model.wide);
}

Status check_model(const Model& model) {
  if (auto status = check_shapes(model); !status) return status;
  if (auto status = check_items(model); !status) return status;
  if (model.target_fields) {
    if (auto status = check_target_rows(model); !status) return status;
  }
  return check_values(model);
}

}  // namespace freshet::scorer
