// The rules of a configuration that no single key can check: names, and what must fit together.
//
// Threads: free functions. Errors: none; every problem is in the list, with the key it belongs to.
#pragma once

#include <string>
#include <vector>

#include "pipeline/config/config.h"

namespace freshet::pipeline {

struct ConfigProblem {
  std::string path;  // "kafka.output", "behaviours[1].types"
  std::string message;
};

// All problems of `config`, none where it is good. Also resolves events.label_behaviour to its
// index.
std::vector<ConfigProblem> check_config(WorkerConfig* config);

}  // namespace freshet::pipeline
