// Writes model folders: the byte formats are those that model_folder.cc reads (docs/formats.md).
//
//   weights.safetensors = header length (u64, little-endian) header data
//   header = JSON object, one entry per tensor in the folder's order, padded with spaces to 8 bytes
//   data   = the tensors' values, float32 little-endian, row-major, in the same order, no holes
//   items.txt = one id and a line feed per row
#include <charconv>
#include <fstream>
#include <system_error>
#include <utility>

#include "common/coding.h"
#include "scorer/folder_files.h"
#include "scorer/model_check.h"
#include "scorer/model_folder.h"
#include "scorer/model_tensors.h"
#include "scorer/model_words.h"
#include "scorer/sha256.h"

namespace freshet::scorer {
namespace {

Status refuse_write(const std::filesystem::path& path, const std::string& message) {
  return error(ErrorCode::kInvalidConfig, path.string() + ": " + message);
}

// Writes a file piece by piece and hashes what it writes.
class HashedFile {
 public:
  explicit HashedFile(const std::filesystem::path& path) : stream_(path, std::ios::binary) {}

  void write(std::string_view bytes) {
    stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    sha_.update(bytes);
  }

  // The SHA-256, or nothing where a write failed.
  std::string close() {
    stream_.close();
    return stream_ ? sha_.hex() : std::string();
  }

 private:
  std::ofstream stream_;
  Sha256 sha_;
};

// Names hold only plain characters and dots (check_model), so JSON needs no escapes.
std::string tensor_header(const Model& model) {
  std::string json = "{\"__metadata__\":{\"format\":\"freshet-1\"}";
  std::uint64_t begin = 0;
  for_each_tensor(model, [&](const std::string& name, const TensorShape& shape, const auto& data) {
    const std::uint64_t end = begin + data.size() * sizeof(float);
    json += ",\"" + name + "\":{\"dtype\":\"F32\",\"shape\":" + to_string(shape) +
            ",\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) + "]}";
    begin = end;
  });
  json += "}";
  json.resize((json.size() + 7) / 8 * 8, ' ');
  return json;
}

std::string write_weights(const Model& model, const std::filesystem::path& path) {
  HashedFile file(path);
  const std::string header = tensor_header(model);
  std::string prefix;
  put_u64_le(&prefix, header.size());
  file.write(prefix);
  file.write(header);
  for_each_tensor(model, [&](const std::string&, const TensorShape&, const auto& data) {
    file.write({reinterpret_cast<const char*>(data.data()), data.size() * sizeof(float)});
  });
  return file.close();
}

std::string write_items(const Model& model, const std::filesystem::path& path) {
  HashedFile file(path);
  for (const ItemId& item : model.item_ids) file.write(item.str() + "\n");
  return file.close();
}

std::string shortest(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  return std::string(buffer, end);
}

std::string yaml_text(const Model& model, const std::string& weights_sha256,
                      const std::string& items_sha256) {
  std::string yaml =
      "format: 1\nname: \"" + model.name + "\"\nversion: " + std::to_string(model.version) +
      "\nvariant: traditional\nembedding_dim: " + std::to_string(model.embedding_dim) +
      "\nbehaviours:\n";
  for (const BehaviourModel& behaviour : model.behaviours) {
    const TraditionalAttention& attention = behaviour.attention;
    yaml += "  - name: \"" + behaviour.name +
            "\"\n    attention: {hidden: " + std::to_string(attention.w1.rows) + ", activation: ";
    yaml += word_of(kActivationWords, attention.activation);
    yaml += ", weight: ";
    yaml += word_of(kWeightWords, attention.weight);
    yaml += ", softmax: ";
    yaml += word_of(kSoftmaxWords, attention.softmax);
    yaml += ", recency_per_day: " + shortest(attention.recency_per_day) + "}\n";
  }
  yaml += "deep: {layers: [" + std::to_string(model.hidden1.weight.rows) + ", " +
          std::to_string(model.hidden2.weight.rows) + "]}\n";
  if (!model.wide.crosses.empty()) {
    yaml += "wide:\n  buckets: " + std::to_string(model.wide.buckets) +
            "\n  recent_clicks: " + std::to_string(model.wide.recent_clicks) + "\n  crosses:\n";
    for (const Cross& cross : model.wide.crosses) yaml += "    - \"" + cross_text(cross) + "\"\n";
  }
  yaml += "checksum:\n  weights: \"" + weights_sha256 + "\"\n  items: \"" + items_sha256 + "\"\n";
  return yaml;
}

Status write_files(const Model& model, const std::filesystem::path& folder) {
  const std::string weights = write_weights(model, folder / kWeightsName);
  const std::string items = write_items(model, folder / kItemsName);
  HashedFile yaml(folder / kModelYamlName);
  yaml.write(yaml_text(model, weights, items));
  if (weights.empty() || items.empty() || yaml.close().empty()) {
    return refuse_write(folder, "cannot be written; is the disk full?");
  }
  return {};
}

}  // namespace

Status save_model(const Model& model, const std::filesystem::path& folder) {
  if (auto status = check_model(model); !status) return status;
  std::error_code failure;
  if (std::filesystem::exists(folder, failure)) {
    return refuse_write(folder, "exists already; choose another folder or remove it");
  }
  // The folder appears with all its files or not at all.
  std::filesystem::path partial = folder;
  partial += ".partial";
  if (!std::filesystem::create_directories(partial, failure)) {
    return refuse_write(partial,
                        failure ? "cannot be made (" + failure.message() + "); check its parent"
                                : "is left from an interrupted run; remove it");
  }
  const Status written = write_files(model, partial);
  if (written) std::filesystem::rename(partial, folder, failure);
  if (written && !failure) return {};
  std::error_code ignored;
  std::filesystem::remove_all(partial, ignored);
  if (!written) return written;
  return refuse_write(folder, "cannot be put in place (" + failure.message() + ")");
}

}  // namespace freshet::scorer
