#include "scorer/model_init.h"

#include <cmath>
#include <utility>

#include "common/hash.h"
#include "common/random.h"
#include "scorer/model_check.h"
#include "scorer/model_limits.h"
#include "scorer/model_tensors.h"

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

bool is_table(std::string_view tensor) { return tensor == "item.embedding"; }
bool is_wide(std::string_view tensor) { return tensor == "wide.weight"; }

void fill(std::uint64_t seed, std::string_view tensor, const TensorShape& shape,
          std::vector<float>* data) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) count *= extent;
  data->assign(count, 0.0F);
  const bool is_bias = shape.size() == 1 && !is_wide(tensor);
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

}  // namespace

Result<Model> init_model(const ModelInitOptions& options) {
  Model model;
  model.name = options.name;
  model.version = options.version;
  model.embedding_dim = options.embedding_dim;
  model.item_ids = options.item_ids;
  index_items(&model);
  model.items.rows = options.item_ids.size();
  model.items.cols = options.embedding_dim;
  for (const std::string& name : options.behaviours) {
    BehaviourModel behaviour;
    behaviour.name = name;
    behaviour.attention.activation = options.activation;
    behaviour.attention.weight = options.weight;
    behaviour.attention.softmax = options.softmax;
    behaviour.attention.recency_per_day = options.recency_per_day;
    set_attention_shapes(options.embedding_dim, options.attention_hidden, &behaviour.attention);
    model.behaviours.push_back(std::move(behaviour));
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
