// What the operating system says of this process: memory, CPU, descriptors, start.
//
// Units:   bytes, seconds; the start in seconds since the epoch
// Errors:  none; what /proc does not say is 0
// Threads: any. Cost: a few small files under /proc
#pragma once

#include <cstdint>

namespace freshet::pipeline {

struct ProcessUsage {
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_descriptors = 0;
  double cpu_seconds = 0;  // user and system
  double start_time_seconds = 0;
};

ProcessUsage process_usage();

}  // namespace freshet::pipeline
