// DurationHistogram: how many durations fell below each of a few fixed bounds, and their sum.
//
// Units:   microseconds in, as what is measured reaches from a store's batch to a stall of minutes
// Errors:  none; a negative duration (clocks of two machines) counts as 0
// Threads: one writer; a copy is a consistent snapshot
// Cost:    observe O(log bounds), no allocation
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace freshet::pipeline {

inline constexpr std::size_t kDurationBoundsMax = 24;

// Upper bounds in microseconds, ascending, inclusive as Prometheus has them.
inline constexpr std::int64_t kEventToScoreBoundsUs[] = {
    1'000,      2'000,      5'000,      10'000,      20'000,      50'000,     100'000,
    200'000,    500'000,    1'000'000,  2'000'000,   5'000'000,   10'000'000, 20'000'000,
    30'000'000, 60'000'000, 90'000'000, 120'000'000, 300'000'000, 600'000'000};
inline constexpr std::int64_t kCallBoundsUs[] = {
    100,     250,     500,     1'000,     2'500,     5'000,     10'000,     25'000,     50'000,
    100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000};

class DurationHistogram {
 public:
  // `bounds_us` outlives the histogram.
  explicit DurationHistogram(std::span<const std::int64_t> bounds_us) : bounds_us_(bounds_us) {
    static_assert(std::size(kEventToScoreBoundsUs) < kDurationBoundsMax);
    static_assert(std::size(kCallBoundsUs) < kDurationBoundsMax);
  }

  void observe(std::int64_t us);
  // Requires: the same bounds.
  DurationHistogram& operator+=(const DurationHistogram& other);

  std::span<const std::int64_t> bounds_us() const { return bounds_us_; }
  // How many lie in (bound i - 1, bound i]; the last is what lies above all bounds.
  std::uint64_t bucket(std::size_t i) const { return buckets_[i]; }
  std::uint64_t count() const { return count_; }
  std::int64_t sum_us() const { return sum_us_; }

 private:
  std::span<const std::int64_t> bounds_us_;
  std::array<std::uint64_t, kDurationBoundsMax> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t sum_us_ = 0;
};

}  // namespace freshet::pipeline
