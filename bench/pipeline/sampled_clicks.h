// The clicks that a part goes through over and over, with time going on: as they come in the log,
// so hot users are among them as often as there. A user's state is made when a part first needs it.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/pipeline/click_source.h"

namespace freshet::bench {

class SampledClicks {
 public:
  SampledClicks(const BenchOptions& options, std::uint64_t stream) {
    ClickSource source(options, stream);
    for (std::size_t i = 0; i < kClicks; ++i) clicks_.push_back(source.next());
    ms_ = clicks_.back().ts.ms;
  }

  const std::vector<LoggedClick>& all() const { return clicks_; }

  LoggedClick next() {
    LoggedClick click = clicks_[next_];
    next_ = next_ + 1 == clicks_.size() ? 0 : next_ + 1;
    click.ts = EventTime{++ms_};
    return click;
  }

 private:
  static constexpr std::size_t kClicks = 20'000;
  std::vector<LoggedClick> clicks_;
  std::size_t next_ = 0;
  std::int64_t ms_ = 0;
};

}  // namespace freshet::bench
