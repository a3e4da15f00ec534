#include "pipeline/evaluate/user_ratio.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace freshet::pipeline {
namespace {

using UserShares = std::vector<UserRatio::Share>;

template <class Upper, class Lower>
std::unique_ptr<const Statistic> ratio_of_rows(const LabelledScores& rows, std::size_t users,
                                               Upper upper, Lower lower) {
  UserShares shares(users);
  for (const LabelledScore& row : rows) {
    shares[row.user].upper += upper(row);
    shares[row.user].lower += lower(row);
  }
  return std::make_unique<UserRatio>(std::move(shares));
}

double one(const LabelledScore&) { return 1; }
double predicted(const LabelledScore& row) { return probability_of(row.logit); }
double observed(const LabelledScore& row) { return row.clicked ? 1 : 0; }

// One user's AUC by her impressions: those [begin, end) in ascending order of their logits.
template <class Iterator>
std::optional<double> auc_of_user(Iterator begin, Iterator end) {
  double ordered = 0;
  double below = 0;
  double clicked = 0;
  while (begin != end) {
    double group_clicked = 0;
    double group_others = 0;
    for (const float logit = begin->logit; begin != end && begin->logit == logit; ++begin) {
      (begin->clicked ? group_clicked : group_others) += 1;
    }
    ordered += group_clicked * (2 * below + group_others);
    below += group_others;
    clicked += group_clicked;
  }
  if (clicked == 0 || below == 0) return std::nullopt;
  return ordered / (2 * clicked * below);
}

}  // namespace

Statistic::Values UserRatio::values(const UserWeights& weights) const {
  Values upper{};
  Values lower{};
  for (std::size_t user = 0; user < shares_.size(); ++user) {
    const UserWeights::Lanes& lanes = weights.of(user);
    for (std::size_t lane = 0; lane < UserWeights::kLanes; ++lane) {
      upper[lane] += lanes[lane] * shares_[user].upper;
      lower[lane] += lanes[lane] * shares_[user].lower;
    }
  }
  for (std::size_t lane = 0; lane < UserWeights::kLanes; ++lane) {
    upper[lane] =
        lower[lane] > 0 ? upper[lane] / lower[lane] : std::numeric_limits<double>::quiet_NaN();
  }
  return upper;
}

std::unique_ptr<const Statistic> log_loss(const LabelledScores& rows, std::size_t users) {
  const auto loss = [](const LabelledScore& row) { return log_loss_of(row.logit, row.clicked); };
  return ratio_of_rows(rows, users, loss, one);
}

std::unique_ptr<const Statistic> mean_predicted(const LabelledScores& rows, std::size_t users) {
  return ratio_of_rows(rows, users, predicted, one);
}

std::unique_ptr<const Statistic> mean_observed(const LabelledScores& rows, std::size_t users) {
  return ratio_of_rows(rows, users, observed, one);
}

std::unique_ptr<const Statistic> predicted_over_observed(const LabelledScores& rows,
                                                         std::size_t users) {
  return ratio_of_rows(rows, users, predicted, observed);
}

GroupedAuc grouped_auc(const LabelledScores& rows, std::size_t users) {
  LabelledScores sorted = rows;
  std::sort(sorted.begin(), sorted.end(), [](const LabelledScore& a, const LabelledScore& b) {
    return a.user != b.user ? a.user < b.user : a.logit < b.logit;
  });
  GroupedAuc grouped;
  UserShares shares(users);
  for (auto begin = sorted.cbegin(); begin != sorted.cend();) {
    const std::uint32_t user = begin->user;
    const auto end = std::find_if(begin, sorted.cend(),
                                  [user](const LabelledScore& row) { return row.user != user; });
    if (const std::optional<double> auc = auc_of_user(begin, end)) {
      const auto impressions = static_cast<double>(end - begin);
      shares[user] = {*auc * impressions, impressions};
      ++grouped.users;
      grouped.impressions += static_cast<std::size_t>(end - begin);
    }
    begin = end;
  }
  grouped.statistic = std::make_unique<UserRatio>(std::move(shares));
  return grouped;
}

}  // namespace freshet::pipeline
