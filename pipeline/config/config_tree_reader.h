// The tree of a configuration -> WorkerConfig, by the table of keys.
//
// Expands ${...}, reads secrets' files, and checks what a single key can check: unknown and
// repeated keys, types, ranges, missing values.
//
// Errors:  none; every problem is in `problems` with its place, and the key keeps its default
// Threads: free function
#pragma once

#include "pipeline/config/config.h"
#include "pipeline/config/config_node.h"
#include "pipeline/config/config_problems.h"
#include "pipeline/config/config_source.h"
#include "pipeline/config/config_values.h"

namespace freshet::pipeline {

// Requires: `root` is a map. What `values` has no entry of is at its default.
WorkerConfig read_tree(const ConfigNode& root, const Environment& environment,
                       ConfigProblems* problems, ConfigValues* values);

}  // namespace freshet::pipeline
