// The files of a model folder as bytes: names, sizes, checksums, the item list.
//
// Errors: kInvalidModel naming the file, the system's reason and the remedy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.h"
#include "common/status.h"

namespace freshet::scorer {

inline constexpr const char* kModelYamlName = "model.yaml";
inline constexpr const char* kWeightsName = "weights.safetensors";
inline constexpr const char* kItemsName = "items.txt";
inline constexpr const char* kTargetFieldsName = "target_fields.txt";  // with target fields only

// Beyond these the file is not a model's, whatever it says.
inline constexpr std::uint64_t kModelYamlBytesMax = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kTensorHeaderBytesMax = std::uint64_t{1} << 20;

struct OpenFile {
  std::ifstream stream;
  std::uint64_t bytes = 0;
};

// Opens a regular file for reading.
Result<OpenFile> open_file(const std::filesystem::path& path);

// The whole file; refused when it has more than bytes_max.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t bytes_max);

struct FileDigest {
  std::uint64_t bytes = 0;
  std::string sha256;  // 64 hexadecimal digits
};
Result<FileDigest> digest_of(const std::filesystem::path& path);

// Compares the file's SHA-256 with the one of model.yaml, in 64 hexadecimal digits.
Status check_sha256(const std::filesystem::path& path, std::string_view expected);

// One id per line feed. What an id may be is checked by check_model().
Result<std::vector<ItemId>> read_items(const std::filesystem::path& path);

}  // namespace freshet::scorer
