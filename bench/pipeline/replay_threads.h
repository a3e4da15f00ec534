// What threads gain: each replays its own partition on its own task, all on one store and one
// model, as the threads of `run` do.
//
// Computes: clicks a second of all threads at once over those of one alone, by the wall clock, of
//           rounds in turn the median. Means nothing where other programs have the cores.
// Threads:  as many as BenchOptions says
#pragma once

#include "bench/pipeline/point.h"
#include "bench/pipeline/report.h"

namespace freshet::bench {

Speedups measure_threads(Point* point);

}  // namespace freshet::bench
