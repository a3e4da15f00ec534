#include "pipeline/commands/command.h"

#include <cstdio>
#include <sstream>
#include <string>

namespace freshet::commands {

int report(const Error& error) {
  // A message of several problems has a line for each, and each stands for itself in a log.
  std::istringstream lines(error.message);
  for (std::string line; std::getline(lines, line);) {
    std::fprintf(stderr, "freshet: %s\n", line.c_str());
  }
  const bool needs_a_change =
      error.code == ErrorCode::kInvalidConfig || error.code == ErrorCode::kInvalidModel;
  return needs_a_change ? kInvalid : kFailed;
}

}  // namespace freshet::commands
