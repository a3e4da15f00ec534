// SplitMix64: the seeded generator behind `model init`, generated logs and random tests.
//
// The sequence is part of what "deterministic by seed" promises, so it is spelled out here and not
// taken from <random>, whose distributions differ between standard libraries.
#pragma once

#include <cstdint>

#include "common/hash.h"

namespace freshet {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    const std::uint64_t value = mix64(state_);
    state_ += 0x9e3779b97f4a7c15ULL;
    return value;
  }

  // Uniform in [0, bound). Requires bound > 0. The bias of the multiply is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }

  // Uniform in [0, 1), 53 bits.
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  // Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * unit(); }

  bool chance(double probability) { return unit() < probability; }

 private:
  __extension__ using Wide = unsigned __int128;

  std::uint64_t state_;
};

}  // namespace freshet
