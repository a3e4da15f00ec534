#include "pipeline/models/version_loader.h"

#include <string>
#include <utility>

#include "pipeline/models/model_trial.h"
#include "scorer/files/model_folder.h"

namespace freshet::pipeline {
namespace {

tl::unexpected<ModelRefusal> refuse(ModelFault fault, std::string message) {
  return tl::unexpected<ModelRefusal>(ModelRefusal{fault, std::move(message)});
}

}  // namespace

LoadedVersion load_version(const ModelVersion& version, const WorkerConfig& config) {
  const std::string place = version.folder.string() + ": ";
  auto model = scorer::load_model(version.folder);
  if (!model) return refuse(ModelFault::kFiles, model.error().message);
  // Between the look at model.yaml and the load of it the folder may have been replaced.
  if ((*model)->checksum != version.digest) {
    return refuse(ModelFault::kFiles, place + "was replaced by " + (*model)->label() +
                                          " while it was loaded; rename a folder into place");
  }
  auto served = ServedModel::create(std::move(*model), config);
  if (!served) return refuse(ModelFault::kConfiguration, place + served.error().message);
  if (const Status tried = try_model(**served, config); !tried) {
    return refuse(ModelFault::kScores, place + tried.error().message);
  }
  return std::move(*served);
}

std::size_t items_kept(const ServedModel& before, const ServedModel& after) {
  std::size_t kept = 0;
  for (const ItemId& item : before.model->item_ids) {
    if (after.model->row_of(item)) ++kept;
  }
  return kept;
}

}  // namespace freshet::pipeline
