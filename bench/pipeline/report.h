// What a run of bench_pipeline found, as a table and as JSON.
//
// Units: ns of CPU for each event (or for what the part's name says); MiB
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/pipeline/bench_options.h"
#include "bench/pipeline/measure.h"

namespace freshet::bench {

// A whole beside the sum of its parts.
struct Whole {
  std::string name;
  Cost cost;
  double allocations = 0;              // for an event
  std::map<std::string, double> uses;  // how often each part comes in it for an event

  double ideal_ns(const Costs& parts) const;
};

struct Memory {
  double resident_mb = 0;    // the largest until the parts' own data came
  double hot_users_mb = 0;   // that the cache says it holds
  double store_busy_mb = 0;  // on the disk, while compaction is under way
  double store_mb = 0;       // and once it rests
};

// What the threads of BenchOptions are beside one of them alone, each on clicks of its own.
struct Speedup {
  double wall = 0;   // clicks a second of all by the wall clock, over those of one
  double cpu = 0;    // as far as CPU goes: threads x CPU of a click alone / CPU of a click together
  double waits = 0;  // how often a thread gave its core up to wait, for 1,000 clicks
};
using Speedups = std::map<std::size_t, Speedup>;  // by candidates

struct Report {
  BenchOptions options;
  Costs parts;
  std::vector<Whole> wholes;
  Memory memory;
  Speedups speedups;  // empty with one thread
};

std::string table(const Report& report);
std::string json(const Report& report);  // one object, with a line end

}  // namespace freshet::bench
