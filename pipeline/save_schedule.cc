#include "pipeline/save_schedule.h"

namespace freshet::pipeline {

Position SaveSchedule::due_before(Position position, std::int64_t now_ms) {
  passed_.push_back({position, now_ms});
  while (!passed_.empty() && passed_.front().at_ms + interval_.value <= now_ms) {
    due_before_ = passed_.front().position;
    passed_.pop_front();
  }
  return due_before_;
}

}  // namespace freshet::pipeline
