// `freshet state aside`: what was set aside in a state directory, and deleting it.
#pragma once

#include "pipeline/commands/command.h"

namespace freshet::commands {

void add_aside(CLI::App* state, Run* run);

}  // namespace freshet::commands
