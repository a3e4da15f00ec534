#include "pipeline/log/log_limit.h"

#include <utility>

namespace freshet::pipeline {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

}  // namespace

std::string LogLimit::shape_of(std::string_view line) {
  std::string shape;
  for (std::size_t at = 0; at < line.size() && shape.size() < kShapeBytes; ++at) {
    if (!is_digit(line[at])) {
      shape.push_back(line[at]);
    } else if (shape.empty() || shape.back() != '#') {
      shape.push_back('#');
    }
  }
  return shape;
}

LogLimit::Shape& LogLimit::find(std::string_view line, std::int64_t interval) {
  std::string shape = shape_of(line);
  const auto known = shapes_.find(shape);
  if (known != shapes_.end()) return known->second;
  if (shapes_.size() >= kShapesMax) {
    // Those of earlier intervals that left nothing out have nothing to tell any more.
    std::erase_if(shapes_, [&](const auto& entry) {
      return entry.second.interval != interval && entry.second.left_out == 0;
    });
  }
  if (shapes_.size() >= kShapesMax) shape.clear();
  return shapes_[std::move(shape)];
}

LogLimit::Verdict LogLimit::judge(std::string_view line, std::int64_t now_ms) {
  const std::int64_t interval = now_ms / interval_ms_;
  Shape& shape = find(line, interval);
  if (shape.interval != interval) {
    shape.interval = interval;
    shape.passed = 0;
  }
  if (shape.passed >= lines_max_) {
    ++shape.left_out;
    ++suppressed_;
    return {false, 0};
  }
  ++shape.passed;
  return {true, std::exchange(shape.left_out, 0)};
}

}  // namespace freshet::pipeline
