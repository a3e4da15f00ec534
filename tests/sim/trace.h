// Trace: what happened in a run, as a hash that two runs of one seed must share, and as text where
// somebody wants to read it.
//
// Threads: one. Cost: a few hashes a step; text only where it is on
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/hash.h"

namespace freshet::sim {

class Trace {
 public:
  explicit Trace(bool keeps_text) : keeps_text_(keeps_text) {}

  bool keeps_text() const { return keeps_text_; }
  void count(std::uint64_t value) { hash_ = mix64(hash_ ^ value); }
  // Requires: keeps_text(), so that nobody makes a line that is thrown away.
  void line(std::int64_t at_ms, std::string_view text) {
    lines_.push_back(std::to_string(at_ms) + " ms  " + std::string(text));
  }

  std::uint64_t hash() const { return hash_; }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  bool keeps_text_;
  std::uint64_t hash_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace freshet::sim
