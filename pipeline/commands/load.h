// Loads what most commands begin with: the configuration and the model it names.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/config/config_source.h"
#include "pipeline/models/model_source.h"
#include "pipeline/models/version_chooser.h"
#include "pipeline/scoring/served_model.h"

namespace freshet::commands {

struct Loaded {
  pipeline::WorkerConfig config;
  // The newest as of the start; null once `models` looks for newer ones and is who holds it.
  std::shared_ptr<const pipeline::ServedModel> model;
  std::shared_ptr<const pipeline::ModelSource> models;  // that one, for ever
  std::filesystem::path model_folder;  // where it is: model.path, or a version in it
  std::shared_ptr<pipeline::VersionChooser> versions;  // null where model.path is one model
  // By load_shadow(), for as long as the process lives; and where it is, as model_folder.
  std::shared_ptr<const pipeline::ServedModel> shadow = nullptr;
  std::filesystem::path shadow_folder = {};
};

// Also sets up logging and checks the floating-point mode. `model_path` overrides the
// configuration's unless empty.
Result<Loaded> load(const pipeline::ConfigSource& source, const std::string& model_path);

// Adds the model that shadow.path names. Nothing where it names none.
Status load_shadow(Loaded* loaded);

}  // namespace freshet::commands
