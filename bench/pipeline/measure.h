// Times stages in turn, so that what disturbs the machine for a while disturbs all of them.
//
// Computes: nanoseconds of CPU (user and system, all threads of the process) for one repetition of
//           each stage: of `rounds` rounds the median, and the quartiles beside it. A first round
//           of each stage warms it up and decides how many repetitions a round has.
// Threads:  one
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "bench/pipeline/stage.h"

namespace freshet::bench {

struct Cost {
  double ns = 0;
  double low_ns = 0;   // a quarter of the rounds is below
  double high_ns = 0;  // a quarter is above
};

using Costs = std::map<std::string, Cost>;  // by Stage::name()

Costs measure(std::span<Stage* const> stages, std::size_t rounds, std::size_t round_ms);

// CPU of the process so far, user and system.
std::int64_t process_cpu_ns();

}  // namespace freshet::bench
