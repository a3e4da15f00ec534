// What a demo says at its end: what went in and came out, how fast, that nothing is missing, and
// how well its model ranks.
//
// Units:   latencies in ms as p50 and p99, of the open loop; events a second of the part after it
// Threads: free functions
#pragma once

#include <string>
#include <vector>

#include "pipeline/commands/demo_run.h"
#include "pipeline/commands/terminal.h"

namespace freshet::commands {

std::string demo_report(const DemoOptions& options, const DemoOutcome& outcome,
                        std::size_t catalogue_size, const Terminal& terminal);

// The value that `share` of the values do not exceed (nearest rank). Requires: values is not empty.
double percentile(std::vector<double> values, double share);

}  // namespace freshet::commands
