// The models of `replay --swaps FILE`: those of its list, loaded from the folder of versions.
#pragma once

#include <string>

#include "common/status.h"
#include "pipeline/commands/load.h"
#include "pipeline/models/recorded_swaps.h"

namespace freshet::commands {

// kInvalidConfig for a list that cannot be read, for a model that is not among the versions, and
// for one that two of them claim to be.
Result<pipeline::RecordedSwaps> load_swaps(const std::string& list, const Loaded& loaded);

}  // namespace freshet::commands
