// World: one seed's run from its first record to its last check.
//
//   faults --calm_from_ms--> healing --everything committed--> stopping --all down--> checked
//
// Oracles: those of Observer, ChangelogObserver and SimStore, and at the end `final_state` (a store
// holds each partition's last checkpoint, sound), `logical_digest` (it is the replay's), `progress`
// (a run that heals comes to its end), `worker_runs` (no worker stops of itself), `marked_model`
// (the model of each output is the one that its marker names) and `swaps_repeated` (a replay with
// the swaps that the outputs tell gives every byte again).
//
// Errors:  a violation is part of the outcome; a failed CHECK where the simulation itself is wrong
// Threads: one a world; worlds do not see each other
// Cost:    some milliseconds a seed
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/changelog_observer.h"
#include "tests/sim/env.h"
#include "tests/sim/input_feed.h"
#include "tests/sim/observer.h"
#include "tests/sim/process.h"

namespace freshet::sim {

struct Outcome {
  std::optional<std::string> violation;
  FaultCounts counts;
  std::uint64_t events = 0;  // of the input
  std::uint64_t steps = 0;   // turns of the scheduler
  std::uint64_t lives = 0;   // of processes
  std::uint64_t hash = 0;    // of the trace
  std::vector<std::string> trace;
};

class World {
 public:
  World(std::uint64_t seed, const Emphasis& emphasis, bool keeps_trace);

  Outcome run();

 private:
  enum class Phase { kDisturbed, kHealing, kStopping, kOver };
  void feed();        // appends what is due, and comes again
  void tick();        // what happens of itself, and comes again
  void disturb();     // faults that are not of one call
  void clean_logs();  // compaction and retention
  void end_sessions();
  void end_transactions();
  void land_markers();
  void restart_processes();
  void advance_phase();
  std::int64_t settle_ms() const;
  void check_stores();
  void check_models();

  Env env_;
  Scenario scenario_;
  Application application_;
  std::vector<Expected> expected_;  // of each version
  InputFeed feed_;
  Observer observer_;
  ChangelogObserver changelog_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::optional<std::int64_t>> restart_at_;  // of each process that is down
  Phase phase_ = Phase::kDisturbed;
  std::int64_t healing_since_ = 0;
};

}  // namespace freshet::sim
