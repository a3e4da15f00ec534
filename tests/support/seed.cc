#include "tests/support/seed.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string_view>

namespace freshet::test {
namespace {

// A slip must not quietly make another run of it: a count that reads as 0 would pass every
// property without one case.
std::uint64_t number_of(const char* name, std::string_view text, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= max) {
    return value;
  }
  std::fprintf(stderr, "%s=%.*s: must be a whole number from 1 to %llu\n", name,
               static_cast<int>(text.size()), text.data(), static_cast<unsigned long long>(max));
  std::abort();
}

}  // namespace

std::uint64_t test_seed() {
  static const std::uint64_t seed = [] {
    std::uint64_t value = 0;
    if (const char* text = std::getenv("FRESHET_SEED")) {
      value = number_of("FRESHET_SEED", text, std::numeric_limits<std::uint64_t>::max());
    } else {
      std::random_device entropy;
      value = (std::uint64_t{entropy()} << 32) | entropy() | 1;  // never 0, which is refused
    }
    std::printf("FRESHET_SEED=%llu\n", static_cast<unsigned long long>(value));
    std::fflush(stdout);
    return value;
  }();
  return seed;
}

int case_count(int full) {
  const char* text = std::getenv("FRESHET_CASES");
  if (text == nullptr) return full;
  return static_cast<int>(number_of("FRESHET_CASES", text, std::numeric_limits<int>::max()));
}

}  // namespace freshet::test
