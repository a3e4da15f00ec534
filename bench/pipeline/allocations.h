// How often this thread has asked for memory with operator new. bench_pipeline counts them by
// operators of its own, so the libraries' are among them and those of malloc are not.
#pragma once

#include <cstdint>

namespace freshet::bench {

std::uint64_t allocations();

}  // namespace freshet::bench
