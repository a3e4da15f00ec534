#include "pipeline/models/model_versions.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/json_text.h"
#include "scorer/files/folder_files.h"
#include "scorer/files/model_parsers.h"
#include "scorer/files/sha256.h"
#include "scorer/model/model_limits.h"

namespace freshet::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kCurrentBytesMax = 32;

// save_model writes into NAME.partial, and a leading dot is what tools give what is not yet there.
bool is_being_written(const std::string& name) {
  return name.starts_with('.') || name.ends_with(".partial");
}

Result<std::vector<fs::path>> model_folders(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failure;
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    const fs::path& path = entry->path();
    if (!is_being_written(path.filename().string()) && is_model_folder(path)) {
      found.push_back(path);
    }
  }
  if (failure) {
    return error(ErrorCode::kInvalidModel, folder.string() + ": cannot be read (" +
                                               failure.message() + "); check its permissions");
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string stamp_of(const fs::path& folder) {
  std::string stamp;
  for (const char* name : {scorer::kModelYamlName, scorer::kWeightsName, scorer::kItemsName,
                           scorer::kTargetFieldsName}) {
    std::error_code failure;
    const auto bytes = fs::file_size(folder / name, failure);
    const auto changed = fs::last_write_time(folder / name, failure);
    stamp += failure ? "-" : std::to_string(bytes);
    stamp += ":" + std::to_string(failure ? 0 : changed.time_since_epoch().count()) + " ";
  }
  return stamp;
}

void read_version(const fs::path& folder, ModelVersions* all) {
  const fs::path yaml = folder / scorer::kModelYamlName;
  std::string stamp = stamp_of(folder);
  const Result<std::string> text = scorer::read_file(yaml, scorer::kModelYamlBytesMax);
  if (!text) {
    all->unread.push_back({folder, std::move(stamp), text.error().message});
    return;
  }
  const auto description = scorer::parse_model_yaml(*text, yaml.string());
  if (!description) {
    all->unread.push_back({folder, std::move(stamp), description.error().message});
    return;
  }
  all->versions.push_back({folder, description->model.name, description->model.version,
                           scorer::sha256_hex(*text), std::move(stamp)});
}

Result<std::uint64_t> read_current(const fs::path& file) {
  Result<std::string> text = scorer::read_file(file, kCurrentBytesMax);
  if (!text) return tl::unexpected(text.error());
  std::string_view digits = *text;
  while (digits.ends_with('\n') || digits.ends_with('\r')) digits.remove_suffix(1);
  std::uint64_t version = 0;
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (digits.empty() || failure != std::errc() || end != digits.data() + digits.size() ||
      version > scorer::kModelVersionMax) {
    return error(ErrorCode::kInvalidModel,
                 file.string() + ": " + quote_excerpt(digits) +
                     " is no version number; write the number of the version to serve, such as "
                     "\"7\", or remove the file");
  }
  return version;
}

}  // namespace

const ModelVersion* ModelVersions::find(std::uint64_t version) const {
  for (const ModelVersion& one : versions) {
    if (one.version == version) return &one;
  }
  return nullptr;
}

bool is_model_folder(const fs::path& folder) {
  std::error_code failure;
  return fs::exists(folder / scorer::kModelYamlName, failure) ||
         failure == std::errc::permission_denied;  // loading it says so
}

bool is_folder_of_versions(const fs::path& folder) {
  if (is_model_folder(folder)) return false;
  const auto found = model_folders(folder);
  return found && !found->empty();
}

Result<ModelVersions> list_versions(const fs::path& folder) {
  const auto folders = model_folders(folder);
  if (!folders) return tl::unexpected(folders.error());
  ModelVersions all;
  for (const fs::path& one : *folders) read_version(one, &all);
  std::stable_sort(all.versions.begin(), all.versions.end(),
                   [](const ModelVersion& left, const ModelVersion& right) {
                     return left.version > right.version;
                   });
  const fs::path current = folder / kCurrentName;
  // What cannot be looked at is not what has been removed: reading it says why.
  std::error_code failure;
  const bool removed = fs::symlink_status(current, failure).type() == fs::file_type::not_found;
  if (!removed) all.current = read_current(current);
  return all;
}

}  // namespace freshet::pipeline
