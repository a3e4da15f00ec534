#include "scorer/files/model_folder.h"

#include <simdjson.h>

#include <limits>
#include <set>
#include <utility>

#include "scorer/files/folder_files.h"
#include "scorer/files/model_parsers.h"
#include "scorer/files/sha256.h"
#include "scorer/files/target_field_file.h"
#include "scorer/model/model_check.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

constexpr std::size_t kTensorRankMax = 8;

// The reason that a header entry is refused, or null.
const char* read_entry(const simdjson::dom::element& value, TensorEntry* entry) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS || object.size() != 3) {
    return "must be an object of dtype, shape and data_offsets";
  }
  std::string_view dtype;
  if (object["dtype"].get(dtype) != simdjson::SUCCESS) return "dtype must be a string";
  entry->dtype = dtype;
  simdjson::dom::array shape;
  if (object["shape"].get(shape) != simdjson::SUCCESS || shape.size() > kTensorRankMax) {
    return "shape must be a list of at most 8 numbers";
  }
  for (const simdjson::dom::element extent : shape) {
    std::uint64_t number = 0;
    if (extent.get(number) != simdjson::SUCCESS) return "shape must be a list of whole numbers";
    entry->shape.push_back(number);
  }
  simdjson::dom::array offsets;
  if (object["data_offsets"].get(offsets) != simdjson::SUCCESS || offsets.size() != 2 ||
      offsets.at(0).get(entry->begin) != simdjson::SUCCESS ||
      offsets.at(1).get(entry->end) != simdjson::SUCCESS) {
    return "data_offsets must be two whole numbers";
  }
  return nullptr;
}

}  // namespace

Result<std::vector<TensorEntry>> parse_tensor_header(std::string_view json,
                                                     const std::string& file) {
  const auto refuse = [&](const std::string& message) { return refuse_model(file, message); };
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(json);
  simdjson::dom::element root;
  if (const auto failure = parser.parse(padded).get(root); failure != simdjson::SUCCESS) {
    return refuse(std::string("the header is not JSON: ") + simdjson::error_message(failure) +
                  "; is it a safetensors file?");
  }
  simdjson::dom::object object;
  if (root.get(object) != simdjson::SUCCESS) return refuse("the header must be a JSON object");
  std::vector<TensorEntry> entries;
  std::set<std::string_view> names;
  for (const auto& [name, value] : object) {
    if (!names.insert(name).second) {
      return refuse("tensor " + std::string(name) + " is listed twice; export the model again");
    }
    if (name == "__metadata__") continue;
    TensorEntry& entry = entries.emplace_back();
    entry.name = name;
    if (const char* reason = read_entry(value, &entry)) {
      return refuse("tensor " + entry.name + ": " + reason + "; export the model again");
    }
  }
  return entries;
}

namespace {

Status read_weights(const std::filesystem::path& path, Model* model) {
  Result<OpenFile> file = open_file(path);
  if (!file) return tl::unexpected(file.error());
  Result<std::vector<TensorEntry>> entries = read_tensor_header(path.string(), &*file);
  if (!entries) return tl::unexpected(entries.error());
  for (const TensorEntry& entry : *entries) {
    // How many rows there are is said nowhere else.
    if (!model->target_fields || entry.name != "target.embedding" || entry.shape.empty()) continue;
    model->target_fields->embedding.rows = entry.shape[0];
  }
  return read_tensors(path.string(), *entries, &file->stream, model);
}

Status read_target_fields(const std::filesystem::path& path, TargetFields* fields) {
  const Result<std::string> text = read_file(path, std::numeric_limits<std::uint64_t>::max());
  if (!text) return tl::unexpected(text.error());
  Result<FieldRows> rows = parse_target_fields(*text, fields->columns(), path.string());
  if (!rows) return tl::unexpected(rows.error());
  fields->rows = std::move(*rows);
  return {};
}

Status check_sums(const std::filesystem::path& folder, const ModelDescription& description) {
  if (auto status = check_sha256(folder / kItemsName, description.items_sha256); !status) {
    return status;
  }
  if (auto status = check_sha256(folder / kWeightsName, description.weights_sha256); !status) {
    return status;
  }
  if (!description.model.target_fields) return {};
  return check_sha256(folder / kTargetFieldsName, description.target_fields_sha256);
}

}  // namespace

Result<std::shared_ptr<const Model>> load_model(const std::filesystem::path& folder) {
  const std::filesystem::path yaml = folder / kModelYamlName;
  const Result<std::string> text = read_file(yaml, kModelYamlBytesMax);
  if (!text) return tl::unexpected(text.error());
  Result<ModelDescription> description = parse_model_yaml(*text, yaml.string());
  if (!description) return tl::unexpected(description.error());
  if (auto status = check_sums(folder, *description); !status) {
    return tl::unexpected(status.error());
  }
  Result<std::vector<ItemId>> items = read_items(folder / kItemsName);
  if (!items) return tl::unexpected(items.error());
  Model& model = description->model;
  model.checksum = sha256_hex(*text);
  model.item_ids = std::move(*items);
  model.items.rows = model.item_ids.size();
  index_items(&model);
  if (model.target_fields) {
    auto status = read_target_fields(folder / kTargetFieldsName, &*model.target_fields);
    if (!status) return tl::unexpected(status.error());
  }
  if (auto status = read_weights(folder / kWeightsName, &model); !status) {
    return tl::unexpected(status.error());
  }
  if (auto status = check_model(model); !status) {
    return refuse_model(folder.string(), status.error().message);
  }
  return std::make_shared<const Model>(std::move(model));
}

}  // namespace freshet::scorer
