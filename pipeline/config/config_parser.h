// Reads the YAML configuration. The door to yaml-cpp in pipeline/.
//
// Every problem of the file is reported at once, each as "file:line:col: message": syntax, unknown
// keys (with the nearest known one), duplicate keys, wrong types, values out of range, missing
// required values. Errors: kInvalidConfig whose message has one problem a line.
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

namespace freshet::pipeline {

Result<WorkerConfig> load_config(const ConfigSource& source);

// Rules that the caller adds to those of config_checks.h. Called wherever the file is a map of
// keys, with defaults where something else is wrong.
using ConfigCheck = std::function<std::vector<ConfigProblem>(const WorkerConfig&)>;

// What could be read of a file, so that problems of what it names can be told with its own.
struct ConfigReading {
  WorkerConfig config;            // with defaults in the sections that are wrong
  std::optional<Error> problems;  // all of them
  // The first words of the problems' paths ("kafka", "model"); "" for the file as a whole and for
  // keys that nobody knows, which could be meant for any section.
  std::set<std::string, std::less<>> wrong_sections;
};

ConfigReading read_config(const ConfigSource& source, const ConfigCheck& further);

// The same for text in memory; `name` stands where the file's name would.
Result<WorkerConfig> parse_config(std::string_view yaml, std::string_view name);

}  // namespace freshet::pipeline
