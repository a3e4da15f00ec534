// LogLimit: keeps a storm of lines that say the same from filling a disk.
//
// Lines that differ in numbers only are alike: their shape is the text with every run of digits as
// one sign, cut at kShapeBytes. Of each shape `lines_max` lines pass in an interval; the rest are
// counted, and the next line of the shape in a later interval is preceded by a sentence that says
// how many were left out. At most kShapesMax shapes are told apart, what comes beyond shares one,
// so both memory and output are bounded whatever is logged.
//
// Errors:  none. Threads: the caller holds a lock. Cost: one hash look-up a line
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace freshet::pipeline {

class LogLimit {
 public:
  static constexpr std::size_t kShapeBytes = 80;
  static constexpr std::size_t kShapesMax = 256;

  LogLimit(std::size_t lines_max, std::int64_t interval_ms)
      : lines_max_(lines_max), interval_ms_(interval_ms) {}

  struct Verdict {
    bool passes = true;
    std::uint64_t left_out = 0;  // of this shape since the last line of it that passed
  };
  Verdict judge(std::string_view line, std::int64_t now_ms);

  std::uint64_t suppressed() const { return suppressed_; }

 private:
  struct Shape {
    std::int64_t interval = 0;
    std::size_t passed = 0;
    std::uint64_t left_out = 0;
  };
  static std::string shape_of(std::string_view line);
  Shape& find(std::string_view line, std::int64_t interval);

  std::size_t lines_max_;
  std::int64_t interval_ms_;
  std::unordered_map<std::string, Shape> shapes_;
  std::uint64_t suppressed_ = 0;
};

}  // namespace freshet::pipeline
