// When clicks are due in an open-loop load: a Poisson process, repeatable by its seed.
//
// The schedule is made before anything is sent, and a latency counts from the time in it: a sender
// or a worker that is late delays nobody's clock, so queueing shows ("coordinated omission").
//
// Computes: gaps of -ln(1 - U) / rate, U uniform in [0, 1)
// Units:    ns since the load's beginning, ascending; clicks a second
// Threads:  free functions
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace freshet::bench {

// Requires: clicks_per_s > 0.
std::vector<std::chrono::nanoseconds> arrivals(double clicks_per_s,
                                               std::chrono::nanoseconds duration,
                                               std::uint64_t seed);

}  // namespace freshet::bench
