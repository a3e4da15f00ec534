// Every statistic against straight loops: all pairs counted, and logs that were resampled
// literally.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "common/random.h"
#include "pipeline/evaluate/auc.h"
#include "pipeline/evaluate/bootstrap.h"
#include "pipeline/evaluate/calibration.h"
#include "pipeline/evaluate/user_ratio.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::statistics_property_test {

constexpr int kCases = 10'000;
constexpr std::size_t kBins = 4;

// Few distinct logits, so that there are ties; sometimes one class alone, sometimes nothing.
LabelledScores random_rows(Random* random, std::size_t users) {
  LabelledScores rows(random->below(40));
  const double clicked = random->unit() * 1.2 - 0.1;
  const std::uint64_t levels = 1 + random->below(random->chance(0.5) ? 5 : 1000);
  for (LabelledScore& row : rows) {
    row.user = static_cast<std::uint32_t>(random->below(users));
    row.clicked = random->chance(clicked);
    row.logit = static_cast<float>(random->below(levels)) * 8 / static_cast<float>(levels) - 4;
  }
  return rows;
}

double naive_auc(const LabelledScores& rows) {
  double right = 0;
  double pairs = 0;
  for (const LabelledScore& clicked : rows) {
    for (const LabelledScore& other : rows) {
      if (!clicked.clicked || other.clicked) continue;
      pairs += 1;
      right += clicked.logit > other.logit ? 1 : clicked.logit == other.logit ? 0.5 : 0;
    }
  }
  return right / pairs;
}

// Of `rows` whose users are told apart by `owner`, so that a user who was drawn twice is two.
double naive_gauc(const LabelledScores& rows, const std::vector<std::size_t>& owner) {
  std::map<std::size_t, LabelledScores> by_user;
  for (std::size_t i = 0; i < rows.size(); ++i) by_user[owner[i]].push_back(rows[i]);
  double sum = 0;
  double impressions = 0;
  for (const auto& [user, own] : by_user) {
    const double auc = naive_auc(own);
    if (std::isnan(auc)) continue;
    sum += auc * static_cast<double>(own.size());
    impressions += static_cast<double>(own.size());
  }
  return sum / impressions;
}

double naive_log_loss(const LabelledScores& rows) {
  double sum = 0;
  for (const LabelledScore& row : rows) {
    const double p = 1 / (1 + std::exp(-double{row.logit}));
    sum -= std::log(row.clicked ? p : 1 - p);
  }
  return sum / static_cast<double>(rows.size());
}

double naive_ratio(const LabelledScores& rows, bool observed_below) {
  double predicted = 0;
  double observed = 0;
  for (const LabelledScore& row : rows) {
    predicted += 1 / (1 + std::exp(-double{row.logit}));
    observed += row.clicked ? 1 : 0;
  }
  return predicted / (observed_below ? observed : static_cast<double>(rows.size()));
}

double naive_calibration_error(const LabelledScores& rows) {
  std::map<float, LabelledScores> groups;
  for (const LabelledScore& row : rows) groups[row.logit].push_back(row);
  double error = 0;
  double surplus = 0;
  std::size_t passed = 0;
  double end = 1;  // of the open bin, in bins
  for (const auto& [logit, group] : groups) {
    for (const LabelledScore& row : group) {
      surplus += 1 / (1 + std::exp(-double{logit})) - (row.clicked ? 1 : 0);
    }
    passed += group.size();
    if (static_cast<double>(passed * kBins) < end * static_cast<double>(rows.size())) continue;
    error += std::abs(surplus);
    surplus = 0;
    while (end * static_cast<double>(rows.size()) <= static_cast<double>(passed * kBins)) end += 1;
  }
  return error / static_cast<double>(rows.size());
}

void expect_same(double found, double wanted, const std::string& what) {
  if (std::isnan(wanted) || std::isinf(wanted)) {
    EXPECT_TRUE(std::isnan(found)) << what;
  } else {
    EXPECT_NEAR(found, wanted, 1e-12 + 1e-12 * std::abs(wanted)) << what;
  }
}

// The rows of the resample in `lane`, literally: as often as their user was drawn. `owner` tells
// the copies of a user apart.
LabelledScores resampled(const LabelledScores& rows, const UserWeights& weights, std::size_t lane,
                         std::vector<std::size_t>* owner) {
  LabelledScores out;
  for (std::size_t user = 0; user < weights.users(); ++user) {
    for (std::uint32_t copy = 0; copy < weights.of(user)[lane]; ++copy) {
      for (const LabelledScore& row : rows) {
        if (row.user != user) continue;
        out.push_back(row);
        owner->push_back(user * 1000 + copy);
      }
    }
  }
  return out;
}

TEST(StatisticsPropertyTest, AreThoseOfALogThatWasResampledLiterally) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    const std::size_t users = 1 + random.below(6);
    const LabelledScores rows = random_rows(&random, users);
    const UserWeights weights =
        random.chance(0.2) ? UserWeights::ones(users) : UserWeights::drawn(users, random.next(), 0);
    const std::size_t lane = random.below(UserWeights::kLanes);
    std::vector<std::size_t> owner;
    const LabelledScores copies = resampled(rows, weights, lane, &owner);

    expect_same(Auc(rows).values(weights)[lane], naive_auc(copies), "AUC");
    expect_same(grouped_auc(rows, users).statistic->values(weights)[lane],
                naive_gauc(copies, owner), "GAUC");
    expect_same(log_loss(rows, users)->values(weights)[lane], naive_log_loss(copies), "log loss");
    expect_same(mean_predicted(rows, users)->values(weights)[lane], naive_ratio(copies, false),
                "mean predicted");
    expect_same(predicted_over_observed(rows, users)->values(weights)[lane],
                naive_ratio(copies, true), "predicted over observed");
    expect_same(Calibration(rows, kBins).values(weights)[lane], naive_calibration_error(copies),
                "calibration error");
    if (HasFailure()) return;
  }
}

// The area under the curve with a point at each threshold is the AUC.
TEST(StatisticsPropertyTest, TheAreaUnderTheCurveIsTheAuc) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    const LabelledScores rows = random_rows(&random, 3);
    const double auc = naive_auc(rows);
    const std::vector<RocPoint> curve = roc_curve(rows, 1000);
    ASSERT_EQ(curve.empty(), std::isnan(auc));
    double area = 0;
    for (std::size_t p = 1; p < curve.size(); ++p) {
      area += (curve[p].not_clicked - curve[p - 1].not_clicked) *
              (curve[p].clicked + curve[p - 1].clicked) / 2;
    }
    if (!curve.empty()) {
      ASSERT_NEAR(area, auc, 1e-12);
    }
    ASSERT_LE(roc_curve(rows, 5).size(), 6U);
  }
}

TEST(StatisticsPropertyTest, IntervalsAreThoseOfTheSortedResamples) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(1000); ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    const std::size_t users = 1 + random.below(6);
    const LabelledScores rows = random_rows(&random, users);
    const BootstrapOptions options{1 + random.below(50), random.next(), 0.9};
    Statistics statistics;
    statistics.push_back(std::make_unique<Auc>(rows));
    statistics.push_back(log_loss(rows, users));
    const std::vector<Replicates> all = replicates(statistics, users, options);
    std::vector<double> sorted;
    for (std::size_t r = 0; r < options.resamples; ++r) {
      // A resample by itself, in whatever block it was computed.
      const UserWeights weights = UserWeights::drawn(users, options.seed, r);
      const double auc = statistics[0]->values(weights)[0];
      if (!std::isnan(auc)) sorted.push_back(auc);
    }
    std::sort(sorted.begin(), sorted.end());
    const Estimate found = estimate(all[0], options.level);
    ASSERT_EQ(found.value.has_value(), !std::isnan(naive_auc(rows)));
    ASSERT_EQ(found.low.has_value(), found.value.has_value() && !sorted.empty());
    if (!found.low) continue;
    const double place = 0.05 * static_cast<double>(sorted.size() - 1);
    const auto at = [&](double p) { return sorted[static_cast<std::size_t>(p)]; };
    const double fraction = place - std::floor(place);
    ASSERT_NEAR(*found.low,
                (1 - fraction) * at(std::floor(place)) + fraction * at(std::ceil(place)), 1e-12);
    const Estimate nothing = difference(all[0], all[0], options.level);
    ASSERT_EQ(*nothing.low, 0);
    ASSERT_FALSE(nothing.excludes_zero());
  }
}

}  // namespace freshet::pipeline::statistics_property_test
