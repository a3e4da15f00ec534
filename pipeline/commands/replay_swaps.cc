#include "pipeline/commands/replay_swaps.h"

#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "pipeline/files/swap_list.h"
#include "pipeline/served_model.h"
#include "scorer/folder_files.h"
#include "scorer/model_folder.h"
#include "scorer/model_parsers.h"

namespace freshet::commands {
namespace {

using Folders = std::map<std::string, std::filesystem::path>;

// The label of the model folder, by its model.yaml alone.
Result<std::string> label_of(const std::filesystem::path& folder) {
  const std::filesystem::path yaml = folder / scorer::kModelYamlName;
  const Result<std::string> text = scorer::read_file(yaml, scorer::kModelYamlBytesMax);
  if (!text) return tl::unexpected(text.error());
  const auto description = scorer::parse_model_yaml(*text, yaml.string());
  if (!description) return tl::unexpected(description.error());
  return description->model.label();
}

// By label, the model folders that `path` is or holds. What is not in order is left out: where the
// list names it, it is missed.
Result<Folders> list_models(const std::filesystem::path& path) {
  Folders folders;
  if (std::filesystem::exists(path / scorer::kModelYamlName)) {
    const Result<std::string> label = label_of(path);
    if (!label) return tl::unexpected(label.error());
    folders.emplace(*label, path);
    return folders;
  }
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(path, failure)) {
    if (!entry.is_directory(failure)) continue;
    if (const Result<std::string> label = label_of(entry.path())) {
      folders.emplace(*label, entry.path());
    }
  }
  if (!failure) return folders;
  return error(ErrorCode::kInvalidConfig, path.string() + ": " + failure.message() +
                                              "; name the folder that holds the versions");
}

}  // namespace

Result<pipeline::RecordedSwaps> load_swaps(const std::string& list,
                                           const pipeline::WorkerConfig& config) {
  const auto swaps = pipeline::read_swap_list(list);
  if (!swaps) return tl::unexpected(swaps.error());
  const auto folders = list_models(config.model_path);
  if (!folders) return tl::unexpected(folders.error());
  std::map<std::string, std::shared_ptr<const pipeline::ServedModel>> loaded;
  pipeline::RecordedSwaps recorded;
  for (const pipeline::ModelSwap& swap : *swaps) {
    auto& served = loaded[swap.model];
    if (served == nullptr) {
      const auto folder = folders->find(swap.model);
      if (folder == folders->end()) {
        return error(ErrorCode::kInvalidConfig,
                     list + ": " + swap.model + " is not in " + config.model_path +
                         "; name the folder that holds all versions of the run with --model");
      }
      auto model = scorer::load_model(folder->second);
      if (!model) return tl::unexpected(model.error());
      auto created = pipeline::ServedModel::create(std::move(*model), config);
      if (!created) return tl::unexpected(created.error());
      served = std::move(*created);
    }
    recorded.add(swap.partition, swap.first_position, served);
  }
  return recorded;
}

}  // namespace freshet::commands
