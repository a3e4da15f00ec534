// Whether a stored state was made by a configuration that this one may go on from.
//
// A fingerprint is sorted "name=value" lines (fingerprint_of in pipeline/config/config.h). Equal
// lines fit; a behaviour's length_max and age_max_ms may have become shorter; every other
// difference is refused. Errors: kInvalidConfig naming the first line that differs, both values and
// the remedy.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/status.h"
#include "pipeline/config/config.h"
#include "stateful/state_store.h"

namespace freshet::pipeline {

Status check_fingerprint(std::string_view stored, std::string_view configured);

// The same for every marker of a store. Where the topic is not at hand, the number of partitions is
// taken as stored. Names the partition; also what the store says.
Status check_fingerprints(stateful::StateStore* store, const WorkerConfig& config,
                          std::optional<std::int32_t> partition_count = std::nullopt);

}  // namespace freshet::pipeline
