// ConfigSource: where a configuration comes from: its file, what the command line sets above it,
// and the environment that its values may name.
//
// Threads: the environment is read while the configuration is, never later.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace freshet::pipeline {

// The value of a variable; none where it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The process's own.
std::optional<std::string> process_environment(const std::string& name);

struct ConfigSource {
  std::filesystem::path file;
  std::vector<std::string> sets{};  // "KEY=VALUE" in the order given; the last of a key wins
  Environment environment = process_environment;
};

}  // namespace freshet::pipeline
