#include "pipeline/worker/restart_limit.h"

#include <algorithm>

namespace freshet::pipeline {
namespace {

using std::chrono::milliseconds;

constexpr int kRestartsMax = 10;
constexpr milliseconds kPauseMin{50};
constexpr milliseconds kPauseMax{1'000};

}  // namespace

void RestartLimit::note_committed(Partition partition, Position position) {
  const auto [reached, is_new] = reached_.insert({partition, position});
  if (!is_new && position <= reached->second) return;
  reached->second = position;
  count_ = 0;
}

bool RestartLimit::allows_another() { return ++count_ < kRestartsMax; }

milliseconds RestartLimit::pause() const {
  return std::min(kPauseMin * (1 << std::max(count_ - 1, 0)), kPauseMax);
}

}  // namespace freshet::pipeline
