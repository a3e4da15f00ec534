// --set KEY=VALUE: values above those of the file, put into its tree before it is read.
//
// KEY is a key of the table ("commit.interval_ms"), one option ("kafka.client.session.timeout.ms"),
// or one of a behaviour by its index ("behaviours.0.length_max" or "behaviours[0].length_max").
// VALUE is taken as it stands; for a list or a map it is YAML ("[a, b]"). The last --set of a key
// wins, and what the file says there no longer matters.
// Errors:  problems placed at the --set
// Threads: free function
#pragma once

#include <string>
#include <vector>

#include "pipeline/config/config_node.h"
#include "pipeline/config/config_problems.h"

namespace freshet::pipeline {

// Requires: `root` is a map.
void apply_overrides(const std::vector<std::string>& sets, ConfigNode* root,
                     ConfigProblems* problems);

}  // namespace freshet::pipeline
