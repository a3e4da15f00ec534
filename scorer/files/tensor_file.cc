#include "scorer/files/tensor_file.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "common/coding.h"
#include "scorer/files/model_parsers.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

// Bytes of an F32 tensor; nothing where they do not fit 64 bits.
std::optional<std::uint64_t> byte_count(const TensorShape& shape) {
  std::uint64_t bytes = sizeof(float);
  for (const std::size_t extent : shape) {
    if (__builtin_mul_overflow(bytes, std::uint64_t{extent}, &bytes)) return std::nullopt;
  }
  return bytes;
}

Status check_entry(const std::string& file, std::uint64_t data_bytes, const TensorEntry& entry) {
  const std::string tensor = "tensor " + entry.name + ": ";
  if (entry.dtype != "F32") {
    return refuse_model(file, tensor + "dtype is " + entry.dtype + "; convert it to F32");
  }
  if (entry.begin > entry.end || entry.end > data_bytes) {
    return refuse_model(file, tensor + "data_offsets [" + std::to_string(entry.begin) + ", " +
                                  std::to_string(entry.end) + "] lie outside the file's " +
                                  std::to_string(data_bytes) +
                                  " data bytes; the file is damaged or cut short, copy it again");
  }
  const std::optional<std::uint64_t> needed = byte_count(entry.shape);
  if (needed != entry.end - entry.begin) {
    return refuse_model(file, tensor + "shape " + to_string(entry.shape) + " does not fit its " +
                                  std::to_string(entry.end - entry.begin) +
                                  " bytes; export the model again");
  }
  return {};
}

struct Expected {
  TensorShape shape;
  std::vector<float>* data = nullptr;
};

std::map<std::string, Expected> expected_tensors(Model* model) {
  std::map<std::string, Expected> expected;
  for_each_tensor(*model, [&](const std::string& name, const TensorShape& shape, auto& data) {
    expected[name] = {shape, &data};
  });
  return expected;
}

Status check_names_and_shapes(const std::string& file, const std::vector<TensorEntry>& entries,
                              const std::map<std::string, Expected>& expected) {
  for (const TensorEntry& entry : entries) {
    const auto found = expected.find(entry.name);
    if (found == expected.end()) {
      return refuse_model(file, "tensor " + entry.name +
                                    " is not one of this model's; remove it or mend model.yaml");
    }
    if (entry.shape != found->second.shape) {
      return refuse_model(file, "tensor " + entry.name + ": shape is " + to_string(entry.shape) +
                                    "; model.yaml and items.txt ask for " +
                                    to_string(found->second.shape));
    }
  }
  std::set<std::string_view> given;
  for (const TensorEntry& entry : entries) given.insert(entry.name);
  for (const auto& [name, tensor] : expected) {
    if (!given.contains(name)) {
      return refuse_model(file, "tensor " + name + " " + to_string(tensor.shape) +
                                    " is missing; export the model again or mend model.yaml");
    }
  }
  return {};
}

}  // namespace

Status check_layout(const std::string& file, std::uint64_t data_bytes,
                    std::vector<TensorEntry>* entries) {
  for (const TensorEntry& entry : *entries) {
    if (auto status = check_entry(file, data_bytes, entry); !status) return status;
  }
  std::sort(entries->begin(), entries->end(),
            [](const TensorEntry& left, const TensorEntry& right) {
              return std::pair(left.begin, left.end) < std::pair(right.begin, right.end);
            });
  std::uint64_t covered = 0;
  for (const TensorEntry& entry : *entries) {
    if (entry.begin != covered) {
      return refuse_model(
          file, "tensor " + entry.name + " begins at byte " + std::to_string(entry.begin) +
                    " of the data, the tensors before it end at " + std::to_string(covered) +
                    (entry.begin < covered ? "; they overlap" : "; there is a hole") +
                    ", export the model again");
    }
    covered = entry.end;
  }
  if (covered != data_bytes) {
    return refuse_model(file, "the tensors end at byte " + std::to_string(covered) + " of " +
                                  std::to_string(data_bytes) +
                                  " data bytes; something was appended, export the model again");
  }
  return {};
}

Result<std::vector<TensorEntry>> read_tensor_header(const std::string& name, OpenFile* file) {
  const auto refuse = [&](const std::string& message) { return refuse_model(name, message); };
  std::string prefix(sizeof(std::uint64_t), '\0');
  file->stream.read(prefix.data(), static_cast<std::streamsize>(prefix.size()));
  if (!file->stream) return refuse("is shorter than 8 bytes; it is not a safetensors file");
  const std::uint64_t header_bytes = ByteReader(prefix).u64_le();
  const std::uint64_t rest = file->bytes - prefix.size();
  if (header_bytes > rest || header_bytes > kTensorHeaderBytesMax) {
    return refuse("its header says " + std::to_string(header_bytes) + " bytes, the file has " +
                  std::to_string(rest) +
                  " after it and 1 MiB is the limit; export the model again");
  }
  std::string header(header_bytes, '\0');
  file->stream.read(header.data(), static_cast<std::streamsize>(header.size()));
  if (!file->stream) return refuse("its header cannot be read; the file changed meanwhile");
  Result<std::vector<TensorEntry>> entries = parse_tensor_header(header, name);
  if (!entries) return entries;
  if (auto status = check_layout(name, rest - header_bytes, &*entries); !status) {
    return tl::unexpected(status.error());
  }
  return entries;
}

Status read_tensors(const std::string& file, const std::vector<TensorEntry>& entries,
                    std::ifstream* stream, Model* model) {
  const std::map<std::string, Expected> expected = expected_tensors(model);
  if (auto status = check_names_and_shapes(file, entries, expected); !status) return status;
  for (const TensorEntry& entry : entries) {
    std::vector<float>& data = *expected.at(entry.name).data;
    data.resize((entry.end - entry.begin) / sizeof(float));
    stream->read(reinterpret_cast<char*>(data.data()),
                 static_cast<std::streamsize>(entry.end - entry.begin));
    if (!*stream) {
      return refuse_model(file,
                          "tensor " + entry.name + " cannot be read; the file changed meanwhile");
    }
  }
  return {};
}

}  // namespace freshet::scorer
