#include "pipeline/commands/replay_swaps.h"

#include <map>
#include <memory>
#include <utility>

#include "pipeline/files/swap_list.h"
#include "pipeline/models/model_versions.h"
#include "pipeline/scoring/served_model.h"
#include "scorer/files/model_folder.h"

namespace freshet::commands {
namespace {

using Served = std::shared_ptr<const pipeline::ServedModel>;

// The version of this label; null where there is none.
Result<const pipeline::ModelVersion*> find_version(const pipeline::ModelVersions& all,
                                                   const std::string& label) {
  const pipeline::ModelVersion* found = nullptr;
  for (const pipeline::ModelVersion& version : all.versions) {
    if (version.label() != label) continue;
    if (found != nullptr && found->digest != version.digest) {
      return error(ErrorCode::kInvalidConfig, label + " is both in " + found->folder.string() +
                                                  " and in " + version.folder.string() +
                                                  ", with other content; remove one of them");
    }
    found = &version;
  }
  return found;
}

Result<Served> load_version(const pipeline::ModelVersion& version,
                            const pipeline::WorkerConfig& config) {
  auto model = scorer::load_model(version.folder);
  if (!model) return tl::unexpected(model.error());
  return pipeline::ServedModel::create(std::move(*model), config);
}

}  // namespace

Result<pipeline::RecordedSwaps> load_swaps(const std::string& list, const Loaded& loaded) {
  const auto swaps = pipeline::read_swap_list(list);
  if (!swaps) return tl::unexpected(swaps.error());
  const std::string& path = loaded.config.model_path;
  pipeline::ModelVersions all;
  if (pipeline::is_folder_of_versions(path)) {
    auto listed = pipeline::list_versions(path);
    if (!listed) return tl::unexpected(listed.error());
    all = std::move(*listed);
  }
  std::map<std::string, Served> models = {{loaded.model->label, loaded.model}};
  pipeline::RecordedSwaps recorded;
  for (const pipeline::ModelSwap& swap : *swaps) {
    const auto version = find_version(all, swap.model);
    if (!version) return error(version.error().code, list + ": " + version.error().message);
    Served& served = models[swap.model];
    if (served == nullptr && *version != nullptr) {
      auto made = load_version(**version, loaded.config);
      if (!made) return tl::unexpected(made.error());
      served = std::move(*made);
    }
    if (served == nullptr) {
      return error(ErrorCode::kInvalidConfig,
                   list + ": " + swap.model + " is not in " + path +
                       "; name the folder that holds all versions of the run with --model");
    }
    recorded.add(swap.partition, swap.first_position, served);
  }
  return recorded;
}

}  // namespace freshet::commands
