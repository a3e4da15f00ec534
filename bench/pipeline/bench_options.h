// What a run of bench_pipeline measures: one point of the curves.
//
// Errors: parse_options() tells what is wrong with the command line
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "common/status.h"

namespace freshet::bench {

struct BenchOptions {
  std::size_t users = 10'000;
  std::size_t length =
      50;  // clicks of a user that are visible; all users have so many from the start
  std::size_t dim = 64;
  std::size_t items = 10'000;
  std::vector<std::size_t> candidates{0, 100, 1'000};
  std::size_t budget_mb = 512;
  std::size_t warm_events = 500'000;
  std::size_t rounds = 9;
  std::size_t round_ms = 200;  // about as long takes a round of each part and of each whole
  std::size_t rewrites = 0;    // of each user before the first click
  std::size_t threads = 1;  // more: how much faster so many are than one, each on its own partition
  std::uint64_t seed = 1;
  std::filesystem::path json;  // empty: the table alone
};

std::string usage();
Result<BenchOptions> parse_options(std::span<char* const> arguments);

}  // namespace freshet::bench
