// The models of `replay --swaps FILE`: those of its list, loaded from the folder of versions.
#pragma once

#include <string>

#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/recorded_swaps.h"

namespace freshet::commands {

// kInvalidConfig for a list that cannot be read, and for a model that is not among the versions.
Result<pipeline::RecordedSwaps> load_swaps(const std::string& list,
                                           const pipeline::WorkerConfig& config);

}  // namespace freshet::commands
