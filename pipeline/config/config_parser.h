// Reads the configuration: its file, what --set puts above it, and the environment that it names.
//
// Errors:  kInvalidConfig with every problem at once, one a line, as "file:line:col: key: message"
//          or "--set KEY: message": syntax, unknown keys (with the nearest known one), repeated
//          keys, wrong types, values out of range, missing values, unset variables, unreadable
//          secrets. The value of a secret stands in no message
// Threads: free functions
// Cost:    bounded: the file by its size, aliases and nesting by what they expand to
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/config/config_checks.h"
#include "pipeline/config/config_source.h"
#include "pipeline/config/config_values.h"

namespace freshet::pipeline {

Result<WorkerConfig> load_config(const ConfigSource& source);

// Rules that the caller adds to those of config_checks.h. Called wherever the file is a map of
// keys, with defaults where something else is wrong. Empty: none.
using ConfigCheck = std::function<std::vector<ConfigProblem>(const WorkerConfig&)>;

// What could be read of a file, so that problems of what it names can be told with its own.
struct ConfigReading {
  WorkerConfig config;            // with defaults in the sections that are wrong
  ConfigValues values;            // what is not at its default, and why
  std::optional<Error> problems;  // all of them
  // The first words of the problems' paths ("kafka", "model"); "" for the file as a whole and for
  // keys that nobody knows, which could be meant for any section.
  std::set<std::string, std::less<>> wrong_sections;
};

ConfigReading read_config(const ConfigSource& source, const ConfigCheck& further = {});

// The same for text in memory, which stands for the file's content. `name` is a source without
// anything else: no --set, no variable.
Result<WorkerConfig> parse_config(std::string_view yaml, const ConfigSource& source);
Result<WorkerConfig> parse_config(std::string_view yaml, std::string_view name);

}  // namespace freshet::pipeline
