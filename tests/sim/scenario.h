// Scenario: what one seed's run is made of: configuration, processes, input, plan.
//
// The input is all drawn beforehand, times included, so that the undisturbed replay of it is known
// before the first fault.
// Threads: one
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/random.h"
#include "pipeline/config/config.h"
#include "tests/sim/faults.h"
#include "tests/support/memory_broker.h"

namespace freshet::sim {

inline constexpr std::int64_t kDayMs = 24LL * 3'600'000;

// A record of the input topic: where it will lie, and when it is appended.
struct InputEvent {
  test::StoredRecord record;
  std::int64_t at_ms = 0;
};

// From that time on a version is the newest; an older one where a release is taken back.
struct Release {
  std::int64_t at_ms = 0;
  std::size_t version = 0;
};

// What a directed run has more of than chance gives it.
struct Emphasis {
  std::optional<Fault> fault;          // happens at one occasion in twenty
  std::optional<std::size_t> threads;  // of each process, delivering exactly once
  bool commits_beside = false;         // delivering at least once
};

struct Scenario {
  pipeline::WorkerConfig config;
  std::int32_t partitions = 1;
  std::vector<std::size_t> threads;  // of each process
  std::size_t cache_bytes = 0;
  std::size_t restore_batch_users = 0;
  bool static_members = true;
  bool commits_beside = false;  // where no outputs are part of them
  bool deliver_at_once = false;
  DurationMs tombstones_kept;  // the changelog's delete.retention.ms
  std::int64_t session_ms = 0;
  std::int64_t transaction_timeout_ms = 0;
  std::int64_t calm_from_ms = 0;  // when faults end
  std::vector<InputEvent> input;  // ascending times; of each partition ascending offsets
  FaultPlan plan;
  std::size_t versions = 1;         // of the model, the first one there from the beginning
  std::vector<Release> releases;    // ascending times
  std::int64_t release_lag_ms = 0;  // each process hears of them so much later than the one before

  static Scenario draw(Random* random, const Emphasis& emphasis);
};

}  // namespace freshet::sim
