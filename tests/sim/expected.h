// Expected: what an undisturbed replay makes of a scenario's input.
//
// Computed by the same worker in a world of its own, which holds the whole input from the beginning
// and where no fault strikes.
// Threads: any, once computed
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stateful/state_store.h"
#include "tests/sim/process.h"
#include "tests/sim/scenario.h"

namespace freshet::sim {

// An output or dead letter whole: topic, key, value, headers.
std::string line_of(const std::string& topic, const test::StoredRecord& record);
// "partition-offset" of the input record that an output or a dead letter says it came from; empty
// where it says nothing.
std::string source_of(const test::StoredRecord& record);

// The model that an output, or a dead letter that a model decided, says it is of; else empty.
std::string model_of(const test::StoredRecord& record);
// What there is one record of: an input record's main output, which is a score or a dead letter,
// its shadow's, and of its examples each item's. "2-17", "shadow 2-17", "examples 2-17 v3".
std::string slot_of(pipeline::OutputTopic topic, const test::StoredRecord& record);

struct Expected {
  std::map<std::string, std::string> lines;          // by slot
  std::map<Partition, std::string> logical_digests;  // at the input's end
  std::optional<std::string> violation;              // found even there

  // With the application's first version, or with the swaps that it has.
  static Expected replay(const Scenario& scenario, const Application& application);
  // One for each version, as if there were no other.
  static std::vector<Expected> replay_versions(const Scenario& scenario,
                                               const Application& application);
};

// By scan; of partitions that have a marker. A problem of the store is added to `problems`.
std::map<Partition, std::string> logical_digests_of(stateful::StateStore* store,
                                                    const pipeline::WorkerConfig& config,
                                                    std::string* problems);

}  // namespace freshet::sim
