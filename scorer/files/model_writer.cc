// Writes model folders: the byte formats are those that model_folder.cc reads (docs/formats.md).
//
//   weights.safetensors = header length (u64, little-endian) header data
//   header = JSON object, one entry per tensor in the folder's order, padded with spaces to 8 bytes
//   data   = the tensors' values, float32 little-endian, row-major, in the same order, no holes
//   items.txt = one id and a line feed per row
//   target_fields.txt = see target_field_file.h
#include <fstream>
#include <system_error>
#include <utility>

#include "common/coding.h"
#include "scorer/files/folder_files.h"
#include "scorer/files/model_folder.h"
#include "scorer/files/model_yaml_text.h"
#include "scorer/files/sha256.h"
#include "scorer/files/target_field_file.h"
#include "scorer/model/model_check.h"
#include "scorer/model/model_tensors.h"

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

std::string write_text(const std::string& text, const std::filesystem::path& path) {
  HashedFile file(path);
  file.write(text);
  return file.close();
}

Status write_files(const Model& model, const std::filesystem::path& folder) {
  FolderDigests digests;
  digests.weights = write_weights(model, folder / kWeightsName);
  digests.items = write_items(model, folder / kItemsName);
  bool written = !digests.weights.empty() && !digests.items.empty();
  if (model.target_fields) {
    const TargetFields& fields = *model.target_fields;
    digests.target_fields =
        write_text(target_fields_text(fields.rows, fields.columns()), folder / kTargetFieldsName);
    written = written && !digests.target_fields.empty();
  }
  written =
      !write_text(model_yaml_text(model, digests), folder / kModelYamlName).empty() && written;
  return written ? Status() : refuse_write(folder, "cannot be written; is the disk full?");
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
