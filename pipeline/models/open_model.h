// Opens what model.path names: one model folder, or the version that is wanted of a folder of them.
//
// A folder with a model.yaml is a model; one whose subfolders are models is a folder of versions
// (model_versions.h), of which a version that is not in order gives way to the next older one, with
// a warning.
// Errors:  kInvalidModel, kInvalidConfig of the one model; of a folder of versions the reasons of
//          all, a line each
// Threads: any, with the scorer's floating-point mode
#pragma once

#include <filesystem>
#include <memory>

#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/models/version_chooser.h"
#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

struct OpenedModel {
  std::shared_ptr<const ServedModel> model;
  std::filesystem::path folder;              // where the model itself is
  std::unique_ptr<VersionChooser> versions;  // null where the path is one model
};

Result<OpenedModel> open_model(const std::filesystem::path& path, const WorkerConfig& config);

}  // namespace freshet::pipeline
