#include "scorer/model/model_check.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "scorer/model/attention_check.h"
#include "scorer/model/limit_check.h"
#include "scorer/model/model_limits.h"
#include "scorer/model/model_tensors.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

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
