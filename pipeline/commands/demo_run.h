// A demo's run: a log, fed by the produce path through an embedded broker to the real worker.
//
//   log file -> produce() -> MockBroker -> Worker (RocksDB, model) -> MockBroker -> TopicTail
//
// First an open loop at a moderate rate, where each record is due at its time whatever became of
// those before it: latency. Then as fast as outputs come back: events a second.
// Errors:  as produce(), Worker and TopicTail; kFatal where some event has no output within 30 s
// Threads: makes three; returns when they are gone
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/ids.h"
#include "common/time.h"
#include "pipeline/commands/demo_ledger.h"
#include "pipeline/commands/demo_ranking.h"
#include "pipeline/commands/load.h"
#include "pipeline/commands/progress.h"
#include "pipeline/status/counters.h"
#include "pipeline/stop_signal.h"
#include "stateful/state_store.h"

namespace freshet::commands {

struct DemoOptions {
  std::string log;           // a bare log
  std::uint64_t events = 0;  // in it
  std::uint64_t paced = 0;   // of them in the open loop
  double paced_per_s = 0;
  std::int32_t partitions = 4;
};

// The newest output of a user with scores of the whole catalogue, as it was published.
struct DemoOutput {
  std::string value;
  Partition partition;
};

struct DemoOutcome {
  DemoTally tally;
  pipeline::Counters counters;  // the worker's own
  double full_speed_s = 0;      // from the first record of the second part to the last output
  std::uint64_t full_speed_events = 0;
  std::map<std::string, DemoOutput> newest;  // by user
  DemoRanking ranking;
  bool stopped = false;  // by the signal
};

// `ranking` knows what the log shows.
Result<DemoOutcome> run_demo(const DemoOptions& options, Loaded loaded, DemoRanking ranking,
                             stateful::StateStore* store, const Clock& clock,
                             pipeline::StopSignal* stop);

}  // namespace freshet::commands
