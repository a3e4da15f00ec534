// Reads the YAML configuration. The door to yaml-cpp in pipeline/.
//
// Every problem of the file is reported at once, each as "file:line:col: message": syntax, unknown
// keys (with the nearest known one), duplicate keys, wrong types, values out of range, missing
// required values. Errors: kInvalidConfig whose message has one problem a line.
#pragma once

#include <filesystem>
#include <string_view>

#include "common/status.h"
#include "pipeline/config/config.h"

namespace freshet::pipeline {

Result<WorkerConfig> load_config(const std::filesystem::path& file);

// The same for text in memory; `name` stands where the file's name would.
Result<WorkerConfig> parse_config(std::string_view yaml, std::string_view name);

}  // namespace freshet::pipeline
