// `freshet model info`: what a model folder holds, and what serving it takes.
#pragma once

#include <cstddef>
#include <string>

namespace freshet::commands {

// Prints the folder's model, its sums as of sequences of `length_max` clicks, or the list of a
// folder of versions; returns an ExitCode.
int model_info(const std::string& folder, std::size_t length_max);

}  // namespace freshet::commands
