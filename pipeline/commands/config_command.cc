#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/config/config_print.h"
#include "pipeline/config/config_reference.h"
#include "pipeline/config/config_schema.h"

namespace freshet::commands {
namespace {

struct PrintArguments {
  ConfigArguments config;
  bool json = false;
};

int print(const PrintArguments& arguments) {
  const pipeline::ConfigReading reading = pipeline::read_config(arguments.config.source());
  if (reading.problems) return report(*reading.problems);
  const std::string text = arguments.json
                               ? pipeline::print_config_json(reading.values, arguments.config.path)
                               : pipeline::print_config(reading.values, arguments.config.path);
  std::fputs(text.c_str(), stdout);
  return kOk;
}

int put(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return kOk;
}

}  // namespace

void add_config(CLI::App& app, Run* run) {
  CLI::App* config = app.add_subcommand("config", "Shows a configuration, and what one can hold");
  config->require_subcommand(1);
  auto arguments = std::make_shared<PrintArguments>();
  CLI::App* print_command =
      config->add_subcommand("print",
                             "Prints the values in effect and their sources, without secrets\n\n"
                             "  freshet config print -c configs/worker.yaml --set threads=2");
  add_config_options(print_command, &arguments->config);
  print_command->add_flag("--json", arguments->json, "as one JSON object");
  print_command->callback([arguments, run] { *run = [arguments] { return print(*arguments); }; });
  config
      ->add_subcommand("reference",
                       "Prints every key with its meaning, range and default, as YAML\n\n"
                       "  freshet config reference > worker.yaml")
      ->callback([run] { *run = [] { return put(pipeline::reference_config()); }; });
  config
      ->add_subcommand("schema",
                       "Prints the JSON Schema of a configuration, for editors\n\n"
                       "  freshet config schema > freshet.schema.json")
      ->callback([run] { *run = [] { return put(pipeline::config_schema()); }; });
}

}  // namespace freshet::commands
