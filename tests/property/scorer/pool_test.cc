#include <gtest/gtest.h>

#include <bit>

#include "tests/property/scorer/pool_cases.h"
#include "tests/support/seed.h"

namespace freshet::scorer {
namespace pool_test {

using pool_cases::PoolCase;

constexpr int kCases = 10'000;

bool same_bits(const std::vector<float>& left, const std::vector<float>& right) {
  if (left.size() != right.size()) return false;
  for (std::size_t c = 0; c < left.size(); ++c) {
    if (std::bit_cast<std::uint32_t>(left[c]) != std::bit_cast<std::uint32_t>(right[c])) {
      return false;
    }
  }
  return true;
}

PoolSums rebuilt(const PoolCase& c, const std::vector<PooledClick>& visible) {
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

TEST(PoolPropertyTest, SlidingEqualsRebuildingBitForBitUnderEveryOption) {
  Random random(test::test_seed());
  const std::vector<PoolCase> pools = pool_cases::make_cases(random.next());
  const int cases = test::case_count(kCases);
  for (int k = 0; k < cases; ++k) {
    const PoolCase& c = pools[static_cast<std::size_t>(k) % pools.size()];
    SlidingSequence sequence(c, &random);
    for (std::uint64_t step = 4 + random.below(20); step > 0; --step) {
      sequence.change();
      const PoolSums fresh = rebuilt(c, sequence.visible());
      ASSERT_TRUE(sequence.sums() == fresh) << c.name << ", case " << k;
      ASSERT_TRUE(same_bits(pool_cases::representation_of(c, sequence.sums()),
                            pool_cases::representation_of(c, fresh)))
          << c.name << ", case " << k;
    }
  }
}

TEST(PoolPropertyTest, AnyOrderOfTheClicksGivesTheSameSums) {
  Random random(test::test_seed() + 1);
  const std::vector<PoolCase> pools = pool_cases::make_cases(random.next());
  const int cases = test::case_count(kCases);
  for (int k = 0; k < cases; ++k) {
    const PoolCase& c = pools[static_cast<std::size_t>(k) % pools.size()];
    std::vector<PooledClick> clicks;
    for (std::uint64_t n = random.below(c.length_max + 1); n > 0; --n) {
      clicks.push_back(pool_cases::random_click(&random));
    }
    const PoolSums first = rebuilt(c, clicks);
    for (std::size_t i = clicks.size(); i > 1; --i)
      std::swap(clicks[i - 1], clicks[random.below(i)]);
    ASSERT_TRUE(first == rebuilt(c, clicks)) << c.name << ", case " << k;
  }
}

// What 1e-6 is measured against. Weights over positions sum to one, so u is bounded by the largest
// visible |x|; over channels they do not, and u by the largest sum of |alpha x|.
double error_scale(const PoolCase& c, const std::vector<ReferenceClick>& clicks) {
  const std::vector<double> alpha = reference_weights(*c.model, c.behaviour, clicks);
  const std::size_t dim = c.model->embedding_dim;
  const std::size_t width = clicks.empty() ? 1 : alpha.size() / clicks.size();
  double scale = 0.0;
  for (std::size_t channel = 0; channel < dim; ++channel) {
    double sum = 0.0;
    for (std::size_t i = 0; i < clicks.size(); ++i) {
      if (!clicks[i].row) continue;
      const double x = std::fabs(double{c.model->items.at(clicks[i].row->value, channel)});
      scale = std::max(scale, x);
      sum += x * alpha[i * width + channel % width];
    }
    scale = std::max(scale, sum);
  }
  return scale;
}

TEST(PoolPropertyTest, RepresentationIsWithinAMillionthOfTheReference) {
  Random random(test::test_seed() + 2);
  const std::vector<PoolCase> pools = pool_cases::make_cases(random.next());
  const int cases = test::case_count(kCases);
  double worst = 0.0;
  for (int k = 0; k < cases; ++k) {
    const PoolCase& c = pools[static_cast<std::size_t>(k) % pools.size()];
    std::vector<PooledClick> clicks;
    for (std::uint64_t n = random.below(c.length_max + 1); n > 0; --n) {
      clicks.push_back(pool_cases::random_click(&random));
      // Among tiny and zero rows only, the error must shrink with them.
      if (k % 5 == 0 && clicks.back().row)
        clicks.back().row = ItemRow{clicks.back().row->value % 2};
    }
    const std::vector<ReferenceClick> known = pool_cases::reference_clicks(clicks);
    const std::vector<double> exact = reference_representation(*c.model, c.behaviour, known);
    const std::vector<float> u = pool_cases::representation_of(c, rebuilt(c, clicks));
    const double scale = error_scale(c, known);
    for (std::size_t channel = 0; channel < u.size(); ++channel) {
      const double difference = std::fabs(double{u[channel]} - exact[channel]);
      ASSERT_LE(difference, 1e-6 * scale) << c.name << ", case " << k;
      if (scale > 0.0) worst = std::max(worst, difference / scale);
    }
  }
  RecordProperty("worst_relative_error", std::to_string(worst));
}

TEST(PoolPropertyTest, TheLongestInt64SequencesKeepTheMillionth) {
  Random random(test::test_seed() + 3);
  for (const std::size_t length : {std::size_t{50}, std::size_t{1024}, std::size_t{4096}}) {
    PoolCase c = pool_cases::make_case(
        {Activation::kTanh, WeightKind::kScalar, SoftmaxOver::kPositions, 3.0, false},
        random.next(), 17, 1, 6.0);
    Result<AttentionPool> pool = AttentionPool::create(c.model, 0, length);
    ASSERT_TRUE(pool);
    c.pool = std::move(*pool);
    std::vector<PooledClick> clicks;
    for (std::size_t i = 0; i < length; ++i) clicks.push_back(pool_cases::random_click(&random));
    const std::vector<double> exact =
        reference_representation(*c.model, 0, pool_cases::reference_clicks(clicks));
    const std::vector<float> u = pool_cases::representation_of(c, rebuilt(c, clicks));
    const double scale = error_scale(c, pool_cases::reference_clicks(clicks));
    for (std::size_t channel = 0; channel < u.size(); ++channel) {
      ASSERT_NEAR(u[channel], exact[channel], 1e-6 * scale) << "N = " << length;
    }
  }
}

}  // namespace pool_test
}  // namespace freshet::scorer
