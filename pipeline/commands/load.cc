#include "pipeline/commands/load.h"

#include <utility>

#include "pipeline/config/config_parser.h"
#include "pipeline/log/log.h"
#include "pipeline/models/open_model.h"
#include "scorer/float_mode.h"

namespace freshet::commands {

Result<Loaded> load(const pipeline::ConfigSource& source, const std::string& model_path) {
  Result<pipeline::WorkerConfig> config = pipeline::load_config(source);
  if (!config) return tl::unexpected(config.error());
  if (!model_path.empty()) config->model_path = model_path;
  pipeline::log_init(config->log_level, config->log_format);
  scorer::set_float_mode();
  auto opened = pipeline::open_model(config->model_path, *config);
  if (!opened) return tl::unexpected(opened.error());
  auto models = std::make_shared<const pipeline::FixedModelSource>(opened->model);
  return Loaded{std::move(*config), std::move(opened->model), std::move(models),
                std::move(opened->folder), std::move(opened->versions)};
}

Status load_shadow(Loaded* loaded) {
  if (!loaded->config.shadow.on()) return {};
  auto opened = pipeline::open_model(loaded->config.shadow.path, loaded->config);
  if (!opened) return error(opened.error().code, "shadow.path: " + opened.error().message);
  loaded->shadow = std::move(opened->model);
  loaded->shadow_folder = std::move(opened->folder);
  return {};
}

}  // namespace freshet::commands
