// The options by which every command that has a configuration is told where it comes from.
//
//   auto arguments = std::make_shared<ConfigArguments>();
//   add_config_options(command, arguments.get());
//   ... load_config(arguments->source())
//
// Threads: one. Errors: what is wrong with a --set is told by load_config, with the file's
// problems.
#pragma once

#include <string>
#include <vector>

#include "pipeline/config/config_source.h"

namespace CLI {
class App;
}

namespace freshet::commands {

struct ConfigArguments {
  std::string path;
  std::vector<std::string> sets;  // "KEY=VALUE"

  pipeline::ConfigSource source() const;
};

// -c/--config, required, and --set, any number of times. `arguments` outlives the app's parsing.
void add_config_options(CLI::App* command, ConfigArguments* arguments);

}  // namespace freshet::commands
