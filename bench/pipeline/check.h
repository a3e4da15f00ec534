// Compares outputs with the reference, straight loops in double, before anything is timed.
//
// Threads: one. Cost: the reference's for every compared output, so a few hundred of them are
//          compared. Aborts on a wrong one.
#pragma once

#include "bench/pipeline/point.h"
#include "bench/pipeline/replay_memory.h"

namespace freshet::bench {

// The first events of the log, with each number of candidates in turn.
void check_replay(const Point& point, ReplayMemory* replay);

}  // namespace freshet::bench
