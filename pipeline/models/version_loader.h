// Loads a version and makes sure that it can take over from the one that is served.
//
// Errors:  a ModelRefusal, its message with place and remedy
// Threads: any, with the scorer's floating-point mode. Cost: load_model's, ServedModel's, a trial
#pragma once

#include <memory>
#include <tl/expected.hpp>

#include "pipeline/config/config.h"
#include "pipeline/models/model_status.h"
#include "pipeline/models/model_versions.h"
#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

using LoadedVersion = tl::expected<std::shared_ptr<const ServedModel>, ModelRefusal>;

// Files, configuration, trial.
LoadedVersion load_version(const ModelVersion& version, const WorkerConfig& config);

// How many of `before`'s items `after` knows.
std::size_t items_kept(const ServedModel& before, const ServedModel& after);

// A version that knows less than this share of the items is of another catalogue.
inline constexpr std::size_t kItemsKeptLeast = 10;  // one in ten

}  // namespace freshet::pipeline
