// Segments: the judged impressions by the length of the sequence that they saw, and by their scene.
//
// Threads: free functions. Cost: linear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/evaluate/judged_log.h"

namespace freshet::pipeline {

struct Segment {
  std::size_t from = 0;  // of lengths
  std::optional<std::size_t> to;
  std::optional<std::string> scene;
  std::vector<std::uint32_t> rows;  // places in JudgedLog::rows, ascending
};

// 0, 1 to 2, 3 to 5, 6 to 10, 11 to 20, 21 to 50, 51 to 100, 101 to 200, and longer; those that
// have impressions.
std::vector<Segment> segments_by_length(const JudgedLog& log);

// The scenes with the most impressions first, at most `count`; equal ones by their name.
std::vector<Segment> segments_by_scene(const JudgedLog& log, std::size_t count);

}  // namespace freshet::pipeline
