#include "scorer/model/model_init.h"

#include <cmath>
#include <utility>

#include "common/hash.h"
#include "common/random.h"
#include "scorer/model/model_check.h"
#include "scorer/model/model_limits.h"
#include "scorer/model/model_tensors.h"

namespace freshet::scorer {
namespace {

// Each tensor has its own stream, so that adding one leaves the others' values as they are.
std::uint64_t stream_seed(std::uint64_t seed, std::string_view tensor) {
  return mix64(seed ^ fnv1a64(tensor));
}

// Uniform in +-1 / sqrt(fan in): hidden values of order one whatever the widths.
double bound_of(const TensorShape& shape) {
  return 1.0 / std::sqrt(static_cast<double>(shape.back()));
}

bool is_table(std::string_view tensor) {
  return tensor == "item.embedding" || tensor == "target.embedding";
}
bool is_wide(std::string_view tensor) { return tensor == "wide.weight"; }
// v of an additive score, the one vector of an attention that is no bias.
bool is_v(std::string_view tensor) { return tensor.ends_with(".v"); }

void fill(std::uint64_t seed, std::string_view tensor, const TensorShape& shape,
          std::vector<float>* data) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) count *= extent;
  data->assign(count, 0.0F);
  const bool is_bias = shape.size() == 1 && !is_wide(tensor) && !is_v(tensor);
  if (is_bias) return;
  const double bound = is_table(tensor) ? 1.0 : is_wide(tensor) ? 0.1 : bound_of(shape);
  Random random(stream_seed(seed, tensor));
  for (float& value : *data) value = static_cast<float>(random.uniform(-bound, bound));
}

WideModel wide_of(const ModelInitOptions& options) {
  WideModel wide;
  if (options.wide_buckets == 0) return wide;
  wide.buckets = options.wide_buckets;
  wide.recent_clicks = options.recent_clicks;
  wide.crosses.push_back({CrossKind::kItem, {}});
  wide.crosses.push_back({CrossKind::kUser, {}});
  for (const std::string& field : options.context_fields) {
    wide.crosses.push_back({CrossKind::kContext, field});
  }
  if (options.recent_clicks > 0) wide.crosses.push_back({CrossKind::kRecentXItem, {}});
  for (const std::string& field : options.context_fields) {
    wide.crosses.push_back({CrossKind::kContextXItem, field});
  }
  return wide;
}

TraditionalAttention traditional_of(const ModelInitOptions& options) {
  TraditionalAttention attention;
  attention.activation = options.activation;
  attention.weight = options.weight;
  attention.softmax = options.softmax;
  attention.recency_per_day = options.recency_per_day;
  set_attention_shapes(options.embedding_dim, options.attention_hidden, &attention);
  return attention;
}

SelfAttention self_of(const ModelInitOptions& options) {
  SelfAttention attention;
  const bool has_values =
      options.variant == Variant::kSelf || options.variant == Variant::kSelfShared;
  attention.score.kind = has_values ? options.score : ScoreKind::kBilinear;
  if (options.variant == Variant::kSelfBilinearActivated || options.variant == Variant::kMerged) {
    attention.score.activation = options.self_activation;
  }
  attention.pool = options.pool;
  attention.recency_per_day = options.recency_per_day;
  set_self_shapes(options.variant, options.embedding_dim, options.attention_hidden,
                  !options.target_fields.empty(), &attention);
  return attention;
}

Attention attention_of(const ModelInitOptions& options) {
  switch (options.variant) {
    case Variant::kTraditional:
      return traditional_of(options);
    case Variant::kMerged:
      return MergedAttention{traditional_of(options), self_of(options)};
    case Variant::kTarget: {
      TargetAttention attention;
      attention.score.kind = options.score;
      attention.recency_per_day = options.recency_per_day;
      set_target_shapes(options.embedding_dim, options.attention_hidden, &attention);
      return attention;
    }
    case Variant::kNone:
      return NoAttention{};
    default:
      return self_of(options);
  }
}

// Each field of an item is any of the rows, or is missing, one in eight.
TargetFields target_fields_of(const ModelInitOptions& options) {
  TargetFields fields;
  fields.names = options.target_fields;
  fields.embedding.rows = options.target_rows;
  fields.embedding.cols = options.embedding_dim;
  Random random(stream_seed(options.seed, "target_fields"));
  fields.rows.resize(options.item_ids.size() * fields.columns());
  if (options.target_rows == 0) return fields;  // check_model refuses it
  for (std::optional<std::uint32_t>& row : fields.rows) {
    const auto any = static_cast<std::uint32_t>(random.below(options.target_rows));
    if (!random.chance(0.125)) row = any;
  }
  return fields;
}

}  // namespace

Result<Model> init_model(const ModelInitOptions& options) {
  Model model;
  model.name = options.name;
  model.version = options.version;
  model.variant = options.variant;
  model.embedding_dim = options.embedding_dim;
  model.item_ids = options.item_ids;
  index_items(&model);
  model.items.rows = options.item_ids.size();
  model.items.cols = options.embedding_dim;
  if (!options.target_fields.empty()) model.target_fields = target_fields_of(options);
  for (const std::string& name : options.behaviours) {
    model.behaviours.push_back({name, attention_of(options)});
  }
  set_deep_shapes(options.hidden1, options.hidden2, &model);
  model.wide = wide_of(options);
  if (auto status = check_shapes(model); !status) return tl::unexpected(status.error());
  for_each_tensor(model, [&](const std::string& name, const TensorShape& shape, auto& data) {
    fill(options.seed, name, shape, &data);
  });
  if (auto status = check_model(model); !status) return tl::unexpected(status.error());
  return model;
}

}  // namespace freshet::scorer
