// The seed of a random test: fresh in each run, printed, and repeatable through FRESHET_SEED.
//
// Errors: aborts, saying why, where FRESHET_SEED or FRESHET_CASES is not a whole number of at least
//         1
#pragma once

#include <cstdint>

namespace freshet::test {

// FRESHET_SEED where it is set, else a new seed from the system's entropy. Prints
// "FRESHET_SEED=<n>" to stdout once per process.
std::uint64_t test_seed();

// How many cases a property runs: `full`, or FRESHET_CASES where it is set (sanitizer runs set
// it to keep their time).
int case_count(int full);

}  // namespace freshet::test
