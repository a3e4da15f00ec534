// The changelog's topic: users' saved sequences, and each partition's markers.
//
// Threads: free functions
#pragma once

#include <string>

#include "pipeline/config/config.h"

namespace freshet::pipeline {

// "<application_id>-sequences-changelog".
std::string changelog_topic(const WorkerConfig& config);

}  // namespace freshet::pipeline
