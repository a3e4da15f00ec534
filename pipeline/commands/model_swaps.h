// `freshet model swaps`: which model scored what, as a list that `replay --swaps` repeats.
#pragma once

#include <string>

namespace freshet::commands {

// Prints the list of a run by the dumps of its two output topics; returns an ExitCode.
int model_swaps(const std::string& scores, const std::string& dead_letters);

}  // namespace freshet::commands
