// The properties that every pool keeps, whatever its kind, as functions of a list of pools.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "scorer/reference/representation_scale.h"
#include "tests/property/scorer/pool_cases.h"

namespace freshet::scorer::pool_properties {

using pool_cases::PoolCase;

inline bool same_bits(const std::vector<float>& left, const std::vector<float>& right) {
  if (left.size() != right.size()) return false;
  for (std::size_t c = 0; c < left.size(); ++c) {
    if (std::bit_cast<std::uint32_t>(left[c]) != std::bit_cast<std::uint32_t>(right[c])) {
      return false;
    }
  }
  return true;
}

inline PoolSums rebuilt(const PoolCase& c, const std::vector<PooledClick>& visible) {
  PoolSums sums = c.pool.empty();
  c.pool.rebuild(visible, &sums);
  return sums;
}

// A visible sequence under random changes, as the worker makes them: clicks come at any place, the
// oldest is evicted when the sequence is full, a later time hides old clicks, an earlier one (the
// row of an impression) shows fewer of the new ones and then all of them again.
class SlidingSequence {
 public:
  SlidingSequence(const PoolCase& pool_case, Random* random)
      : case_(pool_case), random_(random), sums_(pool_case.pool.empty()) {}

  // Starts with n clicks at once.
  void fill(std::size_t n) {
    while (visible_.size() < n) insert(pool_cases::random_click(random_));
    case_.pool.rebuild(visible_, &sums_);
  }

  void change() {
    std::vector<PooledClick> removed;
    std::vector<PooledClick> added;
    switch (random_->below(4)) {
      case 0:
      case 1:
        for (std::uint64_t k = 1 + random_->below(3); k > 0; --k) {
          added.push_back(pool_cases::random_click(random_));
          insert(added.back());
        }
        while (visible_.size() > case_.length_max) removed.push_back(take(visible_.begin()));
        break;
      case 2:
        for (std::uint64_t k = random_->below(4); k > 0 && !visible_.empty(); --k) {
          removed.push_back(take(visible_.begin()));
        }
        break;
      case 3:
        for (std::uint64_t k = random_->below(4); k > 0 && !visible_.empty(); --k) {
          removed.push_back(take(visible_.end() - 1));
        }
        if (random_->chance(0.5)) added.push_back(pool_cases::random_click(random_));
        if (!added.empty()) insert(added.back());
        break;
    }
    case_.pool.slide(visible_, removed, added, &sums_);
  }

  const std::vector<PooledClick>& visible() const { return visible_; }
  const PoolSums& sums() const { return sums_; }

 private:
  void insert(const PooledClick& click) {
    const auto place = std::upper_bound(
        visible_.begin(), visible_.end(), click,
        [](const PooledClick& left, const PooledClick& right) { return left.ts < right.ts; });
    visible_.insert(place, click);
  }

  PooledClick take(std::vector<PooledClick>::iterator place) {
    const PooledClick click = *place;
    visible_.erase(place);
    return click;
  }

  const PoolCase& case_;
  Random* random_;
  std::vector<PooledClick> visible_;  // oldest first
  PoolSums sums_;
};

// Many short lives; every eighth starts with a sequence of any length up to the pool's.
inline void check_sliding_equals_rebuilding(const std::vector<PoolCase>& pools, int cases,
                                            Random* random) {
  for (int k = 0; k < cases; ++k) {
    const PoolCase& c = pools[static_cast<std::size_t>(k) % pools.size()];
    SlidingSequence sequence(c, random);
    std::uint64_t steps = 4 + random->below(20);
    if (random->chance(0.125)) {
      sequence.fill(random->below(c.length_max + 1));
      steps = 3;
    }
    for (; steps > 0; --steps) {
      sequence.change();
      const PoolSums fresh = rebuilt(c, sequence.visible());
      ASSERT_TRUE(sequence.sums() == fresh) << c.name << ", case " << k;
      ASSERT_TRUE(same_bits(pool_cases::representation_of(c, sequence.sums()),
                            pool_cases::representation_of(c, fresh)))
          << c.name << ", case " << k;
    }
  }
}

// Up to 40 clicks, or now and then as many as the pool takes.
inline std::vector<PooledClick> random_clicks(const PoolCase& c, double long_share,
                                              Random* random) {
  constexpr std::size_t kMost = 40;
  const std::size_t longest =
      random->chance(long_share) ? c.length_max : std::min(kMost, c.length_max);
  std::vector<PooledClick> clicks;
  for (std::uint64_t n = random->below(longest + 1); n > 0; --n) {
    clicks.push_back(pool_cases::random_click(random));
  }
  return clicks;
}

inline void check_any_order_gives_the_same_sums(const std::vector<PoolCase>& pools, int cases,
                                                Random* random) {
  for (int k = 0; k < cases; ++k) {
    const PoolCase& c = pools[static_cast<std::size_t>(k) % pools.size()];
    std::vector<PooledClick> clicks = random_clicks(c, 0.03, random);
    const PoolSums first = rebuilt(c, clicks);
    for (std::size_t i = clicks.size(); i > 1; --i) {
      std::swap(clicks[i - 1], clicks[random->below(i)]);
    }
    const PoolSums second = rebuilt(c, clicks);
    ASSERT_TRUE(first == second) << c.name << ", case " << k;
    ASSERT_TRUE(same_bits(pool_cases::representation_of(c, first),
                          pool_cases::representation_of(c, second)))
        << c.name << ", case " << k;
  }
}

// Every |u - reference| is at most 1e-6 of representation_scale(). Returns the worst ratio.
inline double check_error_bound(const std::vector<PoolCase>& pools, int cases, Random* random) {
  double worst = 0.0;
  for (int k = 0; k < cases && !testing::Test::HasFailure(); ++k) {
    const PoolCase& c = pools[static_cast<std::size_t>(k) % pools.size()];
    std::vector<PooledClick> clicks = random_clicks(c, 0.002, random);
    // Among tiny and zero rows only, the error must shrink with them.
    for (PooledClick& click : clicks) {
      if (k % 5 == 0 && click.row) click.row = ItemRow{click.row->value % 2};
    }
    const std::vector<ReferenceClick> known = pool_cases::reference_clicks(clicks);
    const std::vector<double> exact = reference_representation(*c.model, c.p, known);
    const std::vector<float> u = pool_cases::representation_of(c, rebuilt(c, clicks));
    const double scale = representation_scale(*c.model, c.representation(), known);
    for (std::size_t channel = 0; channel < u.size(); ++channel) {
      const double difference = std::fabs(double{u[channel]} - exact[channel]);
      EXPECT_LE(difference, 1e-6 * scale) << c.name << ", case " << k;
      if (scale > 0.0) worst = std::max(worst, difference / scale);
    }
  }
  return worst;
}

}  // namespace freshet::scorer::pool_properties
