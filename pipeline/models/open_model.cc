#include "pipeline/models/open_model.h"

#include <string>
#include <system_error>
#include <utility>

#include "scorer/files/model_folder.h"

namespace freshet::pipeline {
namespace {

Result<OpenedModel> open_one(const std::filesystem::path& folder, const WorkerConfig& config) {
  auto model = scorer::load_model(folder);
  if (!model) return tl::unexpected(model.error());
  auto served = ServedModel::create(std::move(*model), config);
  if (!served) return tl::unexpected(served.error());
  return OpenedModel{std::move(*served), folder, nullptr};
}

}  // namespace

Result<OpenedModel> open_model(const std::filesystem::path& path, const WorkerConfig& config) {
  if (!is_folder_of_versions(path)) return open_one(path, config);
  auto versions = std::make_unique<VersionChooser>(path, config);
  auto model = versions->look();
  if (model == nullptr) {
    std::string reasons = path.string() + ": no version of the model in it can be served";
    for (const ModelRefusal& refusal : versions->status().refused) {
      reasons += "\n" + refusal.message;
    }
    return error(ErrorCode::kInvalidModel, reasons);
  }
  return OpenedModel{std::move(model), versions->served()->folder, std::move(versions)};
}

}  // namespace freshet::pipeline
