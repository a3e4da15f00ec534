// What an option may be: told at the end of its description, checked on the text as given.
//
// A default that the option has captured (capture_default_str) is told with it.
// CLI11's own conversions saturate, wrap around or print internals where a number is out of range;
// these refuse it as a wrong command line that names the option, the value and what it may be.
// Threads: free functions
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class Option;
}

namespace freshet::commands {

// Each returns its option. Decimal digits alone; no sign, no fraction, no exponent.
CLI::Option* whole_number(CLI::Option* option, std::uint64_t min, std::uint64_t max);
CLI::Option* finite_number(CLI::Option* option, double min, double max);
CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words);

}  // namespace freshet::commands
