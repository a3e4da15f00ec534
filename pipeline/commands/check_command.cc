#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "pipeline/commands/command.h"
#include "pipeline/commands/load.h"

namespace freshet::commands {
namespace {

int check(const std::string& config_path) {
  const Result<Loaded> loaded = load(config_path, "");
  if (!loaded) return report(loaded.error());
  const pipeline::WorkerConfig& config = loaded->config;
  std::printf("%s: in order\nmodel: %s, %zu items, %zu candidates for a click\n",
              config_path.c_str(), loaded->model->label.c_str(), loaded->model->model->items.rows,
              loaded->model->candidate_rows.size());
  for (const pipeline::BehaviourConfig& behaviour : config.behaviours) {
    std::printf("behaviour: %s, the newest %zu clicks of %lld ms\n", behaviour.limits.name.c_str(),
                behaviour.limits.length_max,
                static_cast<long long>(behaviour.limits.age_max.value));
  }
  return kOk;
}

}  // namespace

void add_check(CLI::App& app, Run* run) {
  auto config = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("check",
                         "Checks configuration and model without touching a broker\n\n"
                         "  freshet check -c configs/worker.yaml");
  command->add_option("-c,--config", *config, "YAML configuration")->required();
  command->callback([config, run] { *run = [config] { return check(*config); }; });
}

}  // namespace freshet::commands
