#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/kafka/client_option_check.h"
#include "pipeline/log.h"
#include "pipeline/served_model.h"
#include "scorer/float_mode.h"
#include "scorer/model_folder.h"

namespace freshet::commands {
namespace {

// Where one of these is wrong, what the model lacks could be its consequence.
constexpr std::string_view kModelSections[] = {"", "model"};
constexpr std::string_view kServedSections[] = {"", "behaviours", "candidates", "events", "model"};

bool sound(const pipeline::ConfigReading& reading, std::span<const std::string_view> sections) {
  return std::none_of(sections.begin(), sections.end(), [&](std::string_view section) {
    return reading.wrong_sections.contains(section);
  });
}

void describe(const std::string& config_path, const pipeline::WorkerConfig& config,
              const pipeline::ServedModel& served) {
  std::printf("%s: in order\nmodel: %s, %zu items, %zu candidates for a click\n",
              config_path.c_str(), served.label.c_str(), served.model->items.rows,
              served.candidate_rows.size());
  for (const pipeline::BehaviourConfig& behaviour : config.behaviours) {
    std::printf("behaviour: %s, the newest %zu clicks of %lld ms\n", behaviour.limits.name.c_str(),
                behaviour.limits.length_max,
                static_cast<long long>(behaviour.limits.age_max.value));
  }
}

// Tells the problems of the configuration and those of the model: whoever mends one at a time
// starts a worker many times.
int check(const ConfigArguments& arguments) {
  const pipeline::ConfigReading reading =
      pipeline::read_config(arguments.source(), pipeline::check_client_options);
  const pipeline::WorkerConfig& config = reading.config;
  pipeline::log_init(config.log_level, config.log_format);
  scorer::set_float_mode();
  int code = kOk;
  if (reading.problems) code = report(*reading.problems);
  if (!sound(reading, kModelSections)) return code;
  auto model = scorer::load_model(config.model_path);
  if (!model) return std::max(code, report(model.error()));
  if (!sound(reading, kServedSections)) return code;
  const auto served = pipeline::ServedModel::create(std::move(*model), config);
  if (!served) return std::max(code, report(served.error()));
  if (code == kOk) describe(arguments.path, config, **served);
  return code;
}

}  // namespace

void add_check(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<ConfigArguments>();
  CLI::App* command =
      app.add_subcommand("check",
                         "Checks configuration and model without touching a broker\n\n"
                         "  freshet check -c configs/worker.yaml");
  add_config_options(command, arguments.get());
  command->callback([arguments, run] { *run = [arguments] { return check(*arguments); }; });
}

}  // namespace freshet::commands
