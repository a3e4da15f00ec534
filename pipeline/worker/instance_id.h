// A worker's identity in its consumer group: made once, kept in the state directory.
//
// The group gives a worker that comes back under its identity its partitions at once, without a
// word to the others; two workers must never share one.
//
// Format:  the file `instance`: 32 lower-case hexadecimal digits (128 random bits) and a line feed
// Errors:  kInvalidConfig, with the file and the remedy, when it cannot be read or written, or
//          holds anything else
// Threads: free functions. Requires: the caller holds the directory (its store is open)
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/status.h"

namespace freshet::pipeline {

// The identity that the directory holds; where it has none yet, a new one, which it holds from then
// on.
Result<std::string> instance_id_of(const std::filesystem::path& state_directory);

// The name under which one thread joins the group: "<application id>-<instance>-<thread>".
std::string group_instance_id(std::string_view application_id, std::string_view instance,
                              std::size_t thread);

}  // namespace freshet::pipeline
