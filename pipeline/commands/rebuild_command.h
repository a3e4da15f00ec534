// `state rebuild` and `state reset-time`: the state made again from the input.
#pragma once

#include "pipeline/commands/command.h"

namespace freshet::commands {

// Adds both to `freshet state`.
void add_rebuild(CLI::App* state, Run* run);

}  // namespace freshet::commands
