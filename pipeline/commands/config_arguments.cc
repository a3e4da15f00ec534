#include "pipeline/commands/config_arguments.h"

#include <CLI/CLI.hpp>

namespace freshet::commands {

pipeline::ConfigSource ConfigArguments::source() const {
  pipeline::ConfigSource source;
  source.file = path;
  source.sets = sets;
  return source;
}

void add_config_options(CLI::App* command, ConfigArguments* arguments) {
  command->add_option("-c,--config", arguments->path, "YAML configuration")->required();
  // One value each: a list of values would swallow the positional arguments behind it.
  command
      ->add_option("--set", arguments->sets,
                   "KEY=VALUE above the file's, any number of times: --set threads=2")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace freshet::commands
