// What threads gain: each replays its own partition on its own task, all on one store and one
// model, as the threads of `run` do.
//
// Computes: of rounds in turn, one thread alone and all at once, the medians. By the wall clock it
//           holds only where no other program wants the cores; by CPU it holds anywhere, and shows
//           what threads take from one another by sharing memory (cache lines, the allocator).
//           What they wait for one another (locks) shows in the waits.
// Threads:  as many as BenchOptions says
#pragma once

#include "bench/pipeline/point.h"
#include "bench/pipeline/report.h"

namespace freshet::bench {

Speedups measure_threads(Point* point);

}  // namespace freshet::bench
