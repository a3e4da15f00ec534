// `freshet model extend`: the next version of a model, with further items or other vectors.
#pragma once

#include "pipeline/commands/command.h"

namespace freshet::commands {

// Adds the subcommand to `freshet model`.
void add_extend(CLI::App& model, Run* run);

}  // namespace freshet::commands
