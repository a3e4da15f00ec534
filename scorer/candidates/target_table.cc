#include "scorer/candidates/target_table.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "common/check.h"
#include "scorer/candidates/target_layer.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

std::vector<double> widened_row(const Matrix& table, std::size_t row) {
  return {table.row(row), table.row(row) + table.cols};
}

// The fields that the item has, in the model's order.
FieldVectors fields_of(const Model& model, std::size_t item) {
  FieldVectors fields;
  if (!model.target_fields) return {widened_row(model.items, item)};
  const TargetFields& target = *model.target_fields;
  if (target.has_item()) fields.push_back(widened_row(model.items, item));
  for (std::size_t k = 0; k < target.columns(); ++k) {
    const auto row = target.rows[item * target.columns() + k];
    if (row) fields.push_back(widened_row(target.embedding, *row));
  }
  return fields;
}

// The representations whose T may differ from one another; one stands for all where none does.
std::vector<Representation> distinct(const Model& model) {
  std::vector<Representation> all = model.representations();
  const bool one_mean = model.variant == Variant::kTarget || model.variant == Variant::kNone;
  if (one_mean) all.resize(1);
  return all;
}

// True where every T_p is the item's row, whatever the weights: a softmax over one field is 1.
bool is_item_row(const Model& model) {
  return !model.target_fields && model.variant != Variant::kSelf &&
         model.variant != Variant::kSelfShared;
}

Status check_finite(const Model& model, std::size_t item, std::span<const float> row) {
  if (std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); })) {
    return {};
  }
  return refuse_model("item \"" + model.item_ids[item].str() +
                      "\": its target vector does not fit float32; the model has diverged, train "
                      "it with smaller steps or weight decay");
}

}  // namespace

Result<TargetTable> TargetTable::create(std::shared_ptr<const Model> model) {
  FRESHET_CHECK(model != nullptr);
  const std::size_t dim = model->embedding_dim;
  if (is_item_row(*model)) return TargetTable(std::move(model), dim, {});
  std::vector<std::unique_ptr<const TargetLayer>> layers;
  for (const Representation which : distinct(*model)) {
    layers.push_back(make_target_layer(*model, which));
  }
  const std::size_t width = layers.size() * dim;
  std::vector<float> rows(model->items.rows * width);
  std::vector<double> target(dim);
  for (std::size_t item = 0; item < model->items.rows; ++item) {
    const FieldVectors fields = fields_of(*model, item);
    if (fields.empty()) continue;  // T is zeros
    float* row = &rows[item * width];
    for (std::size_t p = 0; p < layers.size(); ++p) {
      layers[p]->apply(fields, target);
      for (std::size_t c = 0; c < dim; ++c) row[p * dim + c] = static_cast<float>(target[c]);
    }
    if (Status finite = check_finite(*model, item, {row, width}); !finite) {
      return tl::unexpected(finite.error());
    }
  }
  return TargetTable(std::move(model), width, std::move(rows));
}

TargetTable::TargetTable(std::shared_ptr<const Model> model, std::size_t width,
                         std::vector<float> own)
    : model_(std::move(model)), width_(width), own_(std::move(own)) {}

}  // namespace freshet::scorer
