#include "pipeline/evaluate/judge.h"

#include <cmath>
#include <memory>
#include <utility>

#include "pipeline/evaluate/segments.h"
#include "pipeline/evaluate/user_ratio.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kScenesShown = 12;
constexpr std::size_t kRocSteps = 100;

using Rows = std::vector<std::uint32_t>;  // places in JudgedLog::rows

struct Cuts {
  std::vector<Segment> lengths;
  std::vector<Segment> scenes;
};

// The replicates of one entrant over some rows.
struct Sheet {
  std::vector<Replicates> metrics;  // [kMetrics]
  std::vector<Replicates> lengths;
  std::vector<Replicates> scenes;
  std::vector<Replicates> delays;
};

std::vector<bool> scored_rows(const Entrant& entrant) {
  std::vector<bool> scored(entrant.logits.size());
  for (std::size_t row = 0; row < scored.size(); ++row) {
    scored[row] = std::isfinite(entrant.logits[row].total);
  }
  return scored;
}

// The rows of `in` (of all, where null) that `among` has, with a logit each; those without one are
// left out.
template <class Logit>
LabelledScores scores_of(const JudgedLog& log, const std::vector<bool>& among, const Rows* in,
                         Logit logit) {
  LabelledScores scores;
  const std::size_t count = in == nullptr ? log.rows.size() : in->size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = in == nullptr ? i : (*in)[i];
    const float value = among[row] ? logit(row) : std::nanf("");
    if (std::isfinite(value)) scores.push_back({log.rows[row].user, value, log.rows[row].clicked});
  }
  return scores;
}

Sheet sheet_of(const JudgedLog& log, const Entrant& entrant, const std::vector<bool>& among,
               const Cuts& cuts, const BootstrapOptions& options) {
  const auto total = [&](std::size_t row) { return entrant.logits[row].total; };
  const auto deep = [&](std::size_t row) { return entrant.logits[row].deep; };
  const auto wide = [&](std::size_t row) { return entrant.logits[row].wide; };
  const LabelledScores rows = scores_of(log, among, nullptr, total);
  Statistics statistics;
  statistics.push_back(std::make_unique<Auc>(rows));
  statistics.push_back(std::make_unique<Auc>(scores_of(log, among, nullptr, deep)));
  statistics.push_back(std::make_unique<Auc>(scores_of(log, among, nullptr, wide)));
  statistics.push_back(grouped_auc(rows, log.users).statistic);
  statistics.push_back(log_loss(rows, log.users));
  statistics.push_back(std::make_unique<Calibration>(rows, kCalibrationBins));
  statistics.push_back(mean_predicted(rows, log.users));
  statistics.push_back(mean_observed(rows, log.users));
  statistics.push_back(predicted_over_observed(rows, log.users));
  for (const auto* segments : {&cuts.lengths, &cuts.scenes}) {
    for (const Segment& segment : *segments) {
      statistics.push_back(std::make_unique<Auc>(scores_of(log, among, &segment.rows, total)));
    }
  }
  for (const std::vector<float>& delayed : entrant.delayed) {
    const auto logit = [&](std::size_t row) { return delayed[row]; };
    statistics.push_back(std::make_unique<Auc>(scores_of(log, among, nullptr, logit)));
  }
  std::vector<Replicates> all = replicates(statistics, log.users, options);
  Sheet sheet;
  auto next = std::make_move_iterator(all.begin());
  const auto take = [&next](std::size_t count, std::vector<Replicates>* out) {
    for (; count > 0; --count) out->push_back(*next++);
  };
  take(kMetrics, &sheet.metrics);
  take(cuts.lengths.size(), &sheet.lengths);
  take(cuts.scenes.size(), &sheet.scenes);
  take(entrant.delayed.size(), &sheet.delays);
  return sheet;
}

std::vector<SegmentReport> segment_reports(const JudgedLog& log, const std::vector<bool>& scored,
                                           const std::vector<Segment>& segments,
                                           const std::vector<Replicates>& aucs, double level) {
  std::vector<SegmentReport> reports;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    SegmentReport& report = reports.emplace_back();
    report.from = segments[s].from;
    report.to = segments[s].to;
    report.scene = segments[s].scene;
    for (const std::uint32_t row : segments[s].rows) {
      report.impressions += scored[row] ? 1U : 0U;
      report.clicked += scored[row] && log.rows[row].clicked ? 1U : 0U;
    }
    report.auc = estimate(aucs[s], level);
  }
  return reports;
}

EntrantReport report_of(const JudgedLog& log, const Entrant& entrant,
                        const std::vector<bool>& scored, const Cuts& cuts, const Sheet& sheet,
                        double level) {
  const LabelledScores rows =
      scores_of(log, scored, nullptr, [&](std::size_t row) { return entrant.logits[row].total; });
  const GroupedAuc grouped = grouped_auc(rows, log.users);
  EntrantReport report;
  report.name = entrant.name;
  report.kind = entrant.kind;
  report.label = entrant.label;
  report.path = entrant.path;
  report.impressions = rows.size();
  report.coverage = static_cast<double>(rows.size()) / static_cast<double>(log.rows.size());
  report.gauc_users = grouped.users;
  report.gauc_impressions = grouped.impressions;
  for (std::size_t m = 0; m < kMetrics; ++m) {
    report.metrics[m] = estimate(sheet.metrics[m], level);
  }
  report.by_length = segment_reports(log, scored, cuts.lengths, sheet.lengths, level);
  report.by_scene = segment_reports(log, scored, cuts.scenes, sheet.scenes, level);
  for (std::size_t d = 0; d < sheet.delays.size(); ++d) {
    report.by_delay.push_back({log.delays[d], estimate(sheet.delays[d], level),
                               difference(sheet.delays[d], sheet.metrics[0], level)});
  }
  report.roc = roc_curve(rows, kRocSteps);
  report.calibration = Calibration(rows, kCalibrationBins).bins();
  return report;
}

void add_differences(const Sheet& one, const Sheet& first, double level, EntrantReport* report) {
  Metrics& metrics = report->difference.emplace();
  for (std::size_t m = 0; m < kMetrics; ++m) {
    metrics[m] = difference(one.metrics[m], first.metrics[m], level);
  }
  for (std::size_t s = 0; s < one.lengths.size(); ++s) {
    report->by_length[s].difference = difference(one.lengths[s], first.lengths[s], level);
  }
  for (std::size_t s = 0; s < one.scenes.size(); ++s) {
    report->by_scene[s].difference = difference(one.scenes[s], first.scenes[s], level);
  }
}

}  // namespace

EvaluationReport judge(const JudgedLog& log, const BootstrapOptions& options,
                       const std::function<void(std::size_t)>& on_judged) {
  EvaluationReport report;
  report.impressions = log.rows.size();
  for (const JudgedImpression& row : log.rows) report.clicked += row.clicked ? 1U : 0U;
  report.users = log.users;
  report.first = log.first;
  report.last = log.last;
  report.left_out = log.left_out;
  report.bootstrap = options;

  const Cuts cuts{segments_by_length(log), segments_by_scene(log, kScenesShown)};
  const Entrant& first = log.entrants.front();
  const std::vector<bool> first_scored = scored_rows(first);
  Sheet first_sheet;
  for (const Entrant& entrant : log.entrants) {
    const std::vector<bool> scored = scored_rows(entrant);
    const Sheet sheet = sheet_of(log, entrant, scored, cuts, options);
    EntrantReport& one =
        report.entrants.emplace_back(report_of(log, entrant, scored, cuts, sheet, options.level));
    if (&entrant == &first) {
      first_sheet = sheet;
    } else if (scored == first_scored) {
      add_differences(sheet, first_sheet, options.level, &one);
    } else {
      std::vector<bool> both = scored;
      for (std::size_t row = 0; row < both.size(); ++row)
        both[row] = both[row] && first_scored[row];
      add_differences(sheet_of(log, entrant, both, cuts, options),
                      sheet_of(log, first, both, cuts, options), options.level, &one);
    }
    if (on_judged) on_judged(report.entrants.size());
  }
  return report;
}

}  // namespace freshet::pipeline
