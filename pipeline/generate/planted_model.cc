#include "pipeline/generate/planted_model.h"

#include <string_view>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/hash.h"
#include "scorer/model/model_check.h"
#include "scorer/model/model_tensors.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kDim = kLatentDim + 1;
constexpr std::size_t kQualityAt = kLatentDim;
constexpr std::size_t kHidden = 4;

// How much a click tells: less where the item is liked by everybody, less where it is old.
constexpr float kTellingSlope = 0.5F;
constexpr float kTellingScale = 1.0F;
constexpr double kRecencyPerDay = 1.0;

constexpr float kTasteScale = 8.0F;
constexpr float kBias = -3.0F;

constexpr std::size_t kBuckets = 16'384;
constexpr std::size_t kRecent = 5;
constexpr float kRepeated = -1.5F;

float& at(scorer::Matrix* matrix, std::size_t row, std::size_t col) {
  return matrix->data[row * matrix->cols + col];
}

void allocate(scorer::Model* model) {
  scorer::for_each_tensor(
      *model, [](const std::string&, const scorer::TensorShape& shape, std::vector<float>& data) {
        std::size_t count = 1;
        for (const std::size_t extent : shape) count *= extent;
        data.assign(count, 0.0F);
      });
}

void set_items(const Catalogue& catalogue, scorer::Model* model) {
  for (std::size_t i = 0; i < catalogue.items().size(); ++i) {
    const PlantedItem& item = catalogue[i];
    for (std::size_t c = 0; c < kLatentDim; ++c) {
      at(&model->items, i, c) = static_cast<float>(item.taste[c]);
    }
    at(&model->items, i, kQualityAt) = static_cast<float>(item.quality);
  }
}

void set_attention(scorer::TraditionalAttention* attention) {
  at(&attention->w1, 0, kQualityAt) = kTellingSlope;
  at(&attention->w2, 0, 0) = -kTellingScale;
}

// The first layer reads [U + T; U - T; U * T]. Two units hold the logit's positive and its negative
// part, which the later layers carry on, so that ReLU loses nothing.
void set_deep(scorer::Model* model) {
  for (std::size_t unit = 0; unit < 2; ++unit) {
    const float sign = unit == 0 ? 1.0F : -1.0F;
    for (std::size_t c = 0; c < kLatentDim; ++c) {
      at(&model->hidden1.weight, unit, 2 * kDim + c) = sign * kTasteScale;
    }
    // (U + T) / 2 - (U - T) / 2 is T.
    at(&model->hidden1.weight, unit, kQualityAt) = sign * 0.5F;
    at(&model->hidden1.weight, unit, kDim + kQualityAt) = sign * -0.5F;
    at(&model->hidden2.weight, unit, unit) = 1.0F;
    at(&model->output.weight, 0, unit) = sign;
  }
  model->output.bias[0] = kBias;
}

// Of the cross at place 0, docs/formats.md, "Wide features".
std::size_t bucket_of_repeat(std::string_view item) {
  const std::uint64_t hash = fnv1a64(item);
  return mix64(mix64(mix64(1) ^ hash) ^ hash) % kBuckets;
}

}  // namespace

scorer::Model planted_model(const Catalogue& catalogue, const std::string& name) {
  scorer::Model model;
  model.name = name;
  model.version = 1;
  model.embedding_dim = kDim;
  for (const PlantedItem& item : catalogue.items()) model.item_ids.emplace_back(item.id);
  scorer::index_items(&model);
  model.items.rows = catalogue.items().size();
  model.items.cols = kDim;

  scorer::TraditionalAttention attention;
  attention.recency_per_day = kRecencyPerDay;
  scorer::set_attention_shapes(kDim, 1, &attention);
  model.behaviours.push_back({"click", std::move(attention)});
  scorer::set_deep_shapes(kHidden, kHidden, &model);
  model.wide.crosses.push_back({scorer::CrossKind::kRecentXItem, {}});
  model.wide.recent_clicks = kRecent;
  model.wide.buckets = kBuckets;

  allocate(&model);
  set_items(catalogue, &model);
  set_attention(model.behaviours[0].traditional());
  set_deep(&model);
  // The cross of an item with itself: clicked lately, so less wanted now.
  for (const PlantedItem& item : catalogue.items()) {
    model.wide.weights[bucket_of_repeat(item.id)] = kRepeated;
  }
  FRESHET_CHECK(scorer::check_model(model).has_value());
  return model;
}

}  // namespace freshet::pipeline
