#include "tests/support/seed.h"

#include <cstdio>
#include <cstdlib>
#include <random>

namespace freshet::test {

std::uint64_t test_seed() {
  static const std::uint64_t seed = [] {
    std::uint64_t value = 0;
    if (const char* text = std::getenv("FRESHET_SEED")) {
      value = std::strtoull(text, nullptr, 10);
    } else {
      std::random_device entropy;
      value = (std::uint64_t{entropy()} << 32) | entropy();
    }
    std::printf("FRESHET_SEED=%llu\n", static_cast<unsigned long long>(value));
    std::fflush(stdout);
    return value;
  }();
  return seed;
}

int case_count(int full) {
  const char* text = std::getenv("FRESHET_CASES");
  return text != nullptr ? std::atoi(text) : full;
}

}  // namespace freshet::test
