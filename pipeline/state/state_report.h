// Checks a store by scan: every value decodes, digests and counts are those of the markers.
//
// Errors:  what the store says; findings are not errors but part of the report
// Cost:    reads every user once
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/log_position.h"
#include "common/status.h"
#include "stateful/digest.h"
#include "stateful/state_store.h"
#include "stateful/user_state.h"

namespace freshet::pipeline {

struct PartitionReport {
  Partition partition;
  stateful::StoredMarker stored;
  std::uint64_t users = 0;  // found by the scan
  std::uint64_t clicks = 0;
  std::uint64_t bytes = 0;            // of values
  stateful::Digest digest;            // recomputed stored digest
  stateful::Digest logical_digest;    // over the visible clicks at the marker's T
  std::vector<std::string> problems;  // undecodable users and mismatches, at most ten
};

struct StateReport {
  std::vector<PartitionReport> partitions;
  bool sound() const;
};

Result<StateReport> verify_state(stateful::StateStore* store,
                                 std::span<const stateful::BehaviourLimits> limits);

// One line a partition, and one a problem.
std::string describe(const StateReport& report);

// Likewise, of each partition only its stream time and logical digest.
std::string describe_logical(const StateReport& report);

}  // namespace freshet::pipeline
