#include "pipeline/status/commit_times.h"

#include <cstdio>
#include <numeric>
#include <utility>

namespace freshet::pipeline {
namespace {

using std::chrono::microseconds;

constexpr std::array<const char*, CommitTimes::kParts> kPartNames = {"prepare", "flush",
                                                                     "transaction", "store"};

std::string in_ms(microseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", static_cast<double>(time.count()) / 1'000.0);
  return text;
}

}  // namespace

void CommitTimes::end_of(Part part) { add(part, passed()); }

void CommitTimes::end_of_beside() { beside_ = beside_.value_or(microseconds{0}) + passed(); }

microseconds CommitTimes::passed() {
  const auto now = std::chrono::steady_clock::now();
  return std::chrono::duration_cast<microseconds>(now - std::exchange(begin_, now));
}

void CommitTimes::add(Part part, microseconds time) {
  parts_[static_cast<std::size_t>(part)] += time;
}

std::string CommitTimes::line(std::size_t partitions, std::size_t users_saved,
                              std::size_t users_changed) const {
  const microseconds total = std::accumulate(parts_.begin(), parts_.end(), microseconds{0});
  std::string line =
      "commit of " + std::to_string(partitions) + " partitions: " + in_ms(total) + " ms (";
  for (std::size_t i = 0; i < kParts; ++i) {
    line += (i == 0 ? "" : ", ") + std::string(kPartNames[i]) + " " + in_ms(parts_[i]);
  }
  line += ")";
  if (beside_) line += ", beside it " + in_ms(*beside_) + " ms";
  return line + ", longest step " + in_ms(longest_step_) + " ms, users saved " +
         std::to_string(users_saved) + ", still changed " + std::to_string(users_changed);
}

}  // namespace freshet::pipeline
