// The name of the changelog's topic.
//
// Errors: none. Threads: free function
#pragma once

#include <string>

#include "pipeline/config/config.h"

namespace freshet::pipeline {

// "<application_id>-sequences-changelog".
inline std::string changelog_topic(const WorkerConfig& config) {
  return config.application_id + "-sequences-changelog";
}

}  // namespace freshet::pipeline
