#include "pipeline/status/duration_histogram.h"

#include <algorithm>

#include "common/check.h"

namespace freshet::pipeline {

void DurationHistogram::observe(std::int64_t us) {
  us = std::max<std::int64_t>(us, 0);
  const auto bound = std::lower_bound(bounds_us_.begin(), bounds_us_.end(), us);
  ++buckets_[static_cast<std::size_t>(bound - bounds_us_.begin())];
  ++count_;
  sum_us_ += us;
}

DurationHistogram& DurationHistogram::operator+=(const DurationHistogram& other) {
  FRESHET_CHECK(bounds_us_.data() == other.bounds_us_.data());
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_us_ += other.sum_us_;
  return *this;
}

}  // namespace freshet::pipeline
