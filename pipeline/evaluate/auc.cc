#include "pipeline/evaluate/auc.h"

#include <array>
#include <limits>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

constexpr std::uint32_t kClickedBit = 1;
constexpr std::uint32_t kGroupEndBit = 2;
constexpr std::uint32_t kUserShift = 2;

using Sums = std::array<double, UserWeights::kLanes>;

void add(const UserWeights::Lanes& weights, Sums* sums) {
  for (std::size_t lane = 0; lane < sums->size(); ++lane) (*sums)[lane] += weights[lane];
}

}  // namespace

Auc::Auc(const LabelledScores& rows) {
  const std::vector<std::uint32_t> order = ascending(rows);
  rows_.reserve(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const LabelledScore& row = rows[order[i]];
    FRESHET_CHECK(row.user < (std::uint32_t{1} << (32 - kUserShift)));
    const bool ends = i + 1 == order.size() || rows[order[i + 1]].logit != row.logit;
    rows_.push_back((row.user << kUserShift) | (row.clicked ? kClickedBit : 0) |
                    (ends ? kGroupEndBit : 0));
  }
}

Statistic::Values Auc::values(const UserWeights& weights) const {
  // Twice the number of ordered pairs; what is below the group; the group itself.
  Sums ordered{};
  Sums below{};
  Sums clicked{};
  Sums group_clicked{};
  Sums group_others{};
  for (const std::uint32_t row : rows_) {
    const UserWeights::Lanes& lanes = weights.of(row >> kUserShift);
    add(lanes, (row & kClickedBit) != 0 ? &group_clicked : &group_others);
    if ((row & kGroupEndBit) == 0) continue;
    for (std::size_t lane = 0; lane < UserWeights::kLanes; ++lane) {
      ordered[lane] += group_clicked[lane] * (2 * below[lane] + group_others[lane]);
      below[lane] += group_others[lane];
      clicked[lane] += group_clicked[lane];
      group_clicked[lane] = 0;
      group_others[lane] = 0;
    }
  }
  Values values;
  for (std::size_t lane = 0; lane < UserWeights::kLanes; ++lane) {
    const double pairs = clicked[lane] * below[lane];
    values[lane] =
        pairs > 0 ? ordered[lane] / (2 * pairs) : std::numeric_limits<double>::quiet_NaN();
  }
  return values;
}

std::vector<RocPoint> roc_curve(const LabelledScores& rows, std::size_t steps) {
  std::size_t clicked = 0;
  for (const LabelledScore& row : rows) clicked += row.clicked ? 1U : 0U;
  const std::size_t others = rows.size() - clicked;
  if (clicked == 0 || others == 0) return {};
  const std::vector<std::uint32_t> order = ascending(rows);
  std::vector<RocPoint> curve{{0, 0}};
  std::size_t above_clicked = 0;
  std::size_t next = 1;  // the step whose point is due
  for (std::size_t i = order.size(); i-- > 0;) {
    above_clicked += rows[order[i]].clicked ? 1U : 0U;
    const std::size_t above = order.size() - i;
    if (i > 0 && rows[order[i - 1]].logit == rows[order[i]].logit) continue;
    if (above * steps < next * order.size()) continue;
    next = above * steps / order.size() + 1;
    curve.push_back({static_cast<double>(above - above_clicked) / static_cast<double>(others),
                     static_cast<double>(above_clicked) / static_cast<double>(clicked)});
  }
  return curve;
}

}  // namespace freshet::pipeline
