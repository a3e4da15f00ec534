#include "pipeline/evaluate/segments.h"

#include <algorithm>
#include <array>

namespace freshet::pipeline {

std::vector<Segment> segments_by_length(const JudgedLog& log) {
  constexpr std::array<std::size_t, 8> kEnds = {0, 2, 5, 10, 20, 50, 100, 200};
  std::vector<Segment> segments;
  for (std::size_t i = 0; i <= kEnds.size(); ++i) {
    Segment& segment = segments.emplace_back();
    if (i > 0) segment.from = kEnds[i - 1] + 1;
    if (i < kEnds.size()) segment.to = kEnds[i];
  }
  for (std::size_t row = 0; row < log.rows.size(); ++row) {
    const auto end =
        std::lower_bound(kEnds.begin(), kEnds.end(), std::size_t{log.rows[row].length});
    segments[static_cast<std::size_t>(end - kEnds.begin())].rows.push_back(
        static_cast<std::uint32_t>(row));
  }
  std::erase_if(segments, [](const Segment& segment) { return segment.rows.empty(); });
  return segments;
}

std::vector<Segment> segments_by_scene(const JudgedLog& log, std::size_t count) {
  std::vector<Segment> segments(log.scenes.size());
  for (std::size_t scene = 0; scene < segments.size(); ++scene) {
    segments[scene].scene = log.scenes[scene];
  }
  for (std::size_t row = 0; row < log.rows.size() && !segments.empty(); ++row) {
    segments[log.rows[row].scene].rows.push_back(static_cast<std::uint32_t>(row));
  }
  std::erase_if(segments, [](const Segment& segment) { return segment.rows.empty(); });
  std::sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
    return a.rows.size() != b.rows.size() ? a.rows.size() > b.rows.size() : a.scene < b.scene;
  });
  segments.resize(std::min(count, segments.size()));
  return segments;
}

}  // namespace freshet::pipeline
