#include "bench/latency/click_ledger.h"

#include <string>
#include <utility>

#include "common/check.h"

namespace freshet::bench {

ClickLedger::ClickLedger(std::uint64_t first, std::vector<std::chrono::nanoseconds> due)
    : first_(first), due_(std::move(due)), scored_at_(due_.size(), kNotScored) {}

Status ClickLedger::note_score(std::uint64_t click, std::chrono::nanoseconds at) {
  if (click < first_ || click - first_ >= due_.size()) {
    return error(ErrorCode::kFatal,
                 "a score of click " + std::to_string(click) + ", which was not sent by this load");
  }
  std::chrono::nanoseconds& scored_at = scored_at_[click - first_];
  if (scored_at != kNotScored) {
    return error(ErrorCode::kFatal, "a second score of click " + std::to_string(click));
  }
  scored_at = at;
  ++scored_;
  return {};
}

std::vector<std::chrono::nanoseconds> ClickLedger::latencies(std::chrono::nanoseconds begin) const {
  FRESHET_CHECK(missing() == 0);
  std::vector<std::chrono::nanoseconds> latencies;
  for (std::size_t i = 0; i < due_.size(); ++i) {
    if (due_[i] >= begin) latencies.push_back(scored_at_[i] - due_[i]);
  }
  return latencies;
}

}  // namespace freshet::bench
