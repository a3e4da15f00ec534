// The floating-point mode that the promised bits need: round to nearest, no flush to zero.
//
// Each thread that pools or scores calls set_float_mode() once; create() of the pool and the scorer
// CHECK the mode, because a library that is loaded into the process can change it.
// Threads: the mode belongs to the calling thread.
#pragma once

namespace freshet::scorer {

// Sets the calling thread's mode, and CHECKs that it holds.
void set_float_mode();

// True when the calling thread rounds to nearest and keeps subnormal numbers.
bool has_float_mode();

}  // namespace freshet::scorer
