// Seeds a fresh store with older history, before the first record of a replay.
//
// The n items of a field, oldest first, become clicks of its behaviour at last_ts - n, ..., last_ts
// - 1 ms: in their order, just before last_ts. Stream time does not move. Each partition gets
// marker 0 at position 0, so the replay starts on the seeded state as on any checkpoint.
//
// Errors:  kInvalidConfig naming file and line; for a store that is not empty; for a field that is
//          named for no configured behaviour, or stands in no line of the file, and for a file
//          without any of the fields: what it seeds would be less than was asked for
// Threads: one
// Cost:    one write per user, in batches
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/log_position.h"
#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/transport.h"
#include "stateful/state_store.h"

namespace freshet::pipeline {

struct SeedHistoryOptions {
  std::filesystem::path file;  // plain or gzip JSON Lines
  std::int32_t partition_count = 1;
  // Which field holds which behaviour's history; a behaviour that is not named takes
  // "<behaviour>_seq".
  std::map<std::string, std::string> field_by_behaviour;
};

struct SeededHistory {
  std::uint64_t users = 0;
  std::uint64_t clicks = 0;
  std::vector<std::string> absent_fields;  // that no line has: their behaviours begin empty
  std::map<Partition, CommittedPosition> committed;  // what the replay's group "has committed"
};

Result<SeededHistory> seed_history(const WorkerConfig& config, const SeedHistoryOptions& options,
                                   const Clock& clock, stateful::StateStore* store);

}  // namespace freshet::pipeline
