// How far back a partition's input must be read to make its state from nothing, and whether the
// topic still reaches that far.
//
// What is visible at stream time T is no older than T - age_max, and a record is older than its
// event by input.event_future_max_ms at most: so the first record of the time
// T - age_max - event_future_max and all behind it hold every click that may be visible, and the
// one that T is of.
//
// Errors:  what the transport says
// Threads: free functions, on the transport's thread. Cost: one question to the brokers
// Oracle:  tests/unit/pipeline/input_reach_test.cc
#pragma once

#include <cstdint>
#include <string_view>

#include "common/log_position.h"
#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/position_metadata.h"
#include "pipeline/transport.h"

namespace freshet::pipeline {

struct InputReach {
  Position from;         // where a state that is made from nothing begins
  bool covered = false;  // whether what the topic has dropped before it can matter no more
};

// The longest age_max of the behaviours.
DurationMs longest_age(const WorkerConfig& config);

// Of the configuration, as far as it says which events are accepted and so move stream time.
std::uint64_t acceptance_hash(const WorkerConfig& config, std::string_view fingerprint);

// For the partition whose group has committed `position`. Where the metadata does not tell T, or
// tells it of another configuration, everything that was ever in the topic may matter.
Result<InputReach> input_reach(const WorkerConfig& config, Partition partition,
                               const PositionRange& range, Position position,
                               const PositionMetadata& metadata, std::string_view fingerprint,
                               Transport* transport);

}  // namespace freshet::pipeline
