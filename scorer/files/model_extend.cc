#include "scorer/files/model_extend.h"

#include <algorithm>
#include <string>

#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

Model copy_of(const Model& old) {
  Model model;
  model.name = old.name;
  model.version = old.version;
  model.variant = old.variant;
  model.embedding_dim = old.embedding_dim;
  model.behaviours = old.behaviours;
  model.items = old.items;
  model.item_ids = old.item_ids;
  model.target_fields = old.target_fields;
  model.hidden1 = old.hidden1;
  model.hidden2 = old.hidden2;
  model.output = old.output;
  model.wide = old.wide;
  return model;
}

}  // namespace

Result<ExtendedModel> extend_model(const Model& old, std::uint64_t version,
                                   const ItemVectors& more) {
  if (version <= old.version) {
    return refuse_model("model " + old.label(), "version " + std::to_string(version) +
                                                    " does not follow it; give a greater one");
  }
  if (!more.ids.empty() && more.rows.cols != old.embedding_dim) {
    return refuse_model("model " + old.label(),
                        "its rows have " + std::to_string(old.embedding_dim) +
                            " dimensions, the embeddings have " + std::to_string(more.rows.cols) +
                            "; they must come from the same training");
  }
  ExtendedModel extended{copy_of(old), 0, 0};
  Model& model = extended.model;
  model.version = version;
  for (std::size_t i = 0; i < more.ids.size(); ++i) {
    const float* row = more.rows.row(i);
    if (const auto known = old.row_of(more.ids[i])) {
      std::copy_n(row, model.items.cols, model.items.data.data() + known->value * model.items.cols);
      ++extended.replaced;
      continue;
    }
    model.item_ids.push_back(more.ids[i]);
    model.items.data.insert(model.items.data.end(), row, row + model.items.cols);
    ++model.items.rows;
    ++extended.added;
  }
  if (model.target_fields) {
    model.target_fields->rows.resize(model.items.rows * model.target_fields->columns());
  }
  index_items(&model);
  return extended;
}

}  // namespace freshet::scorer
