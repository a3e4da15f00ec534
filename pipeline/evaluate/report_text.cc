#include "pipeline/evaluate/report_text.h"

#include <cstdio>

#include "common/time_text.h"

namespace freshet::pipeline {
namespace {

struct Column {
  Metric metric;
  const char* head;
};
constexpr Column kColumns[] = {{Metric::kAuc, "AUC"},
                               {Metric::kDeepAuc, "deep AUC"},
                               {Metric::kWideAuc, "wide AUC"},
                               {Metric::kGauc, "GAUC"},
                               {Metric::kLogLoss, "log loss"},
                               {Metric::kCalibrationError, "calibration error"},
                               {Metric::kPredictedOverObserved, "predicted / observed"}};

const Estimate& of(const Metrics& metrics, Metric metric) {
  return metrics[static_cast<std::size_t>(metric)];
}

std::string percent_text(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

std::string grouped_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

ReportTable metrics_table(const EvaluationReport& report) {
  ReportTable table{"overall", "", {"model"}, {}};
  for (const Column& column : kColumns) table.head.emplace_back(column.head);
  table.head.emplace_back("coverage");
  for (const EntrantReport& entrant : report.entrants) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(entrant.name);
    for (const Column& column : kColumns) {
      const Estimate& estimate = of(entrant.metrics, column.metric);
      row.push_back(column.metric == Metric::kAuc ? estimate_text(estimate, false)
                                                  : number_text(estimate.value, false));
    }
    row.push_back(percent_text(entrant.coverage));
  }
  const EntrantReport& first = report.entrants.front();
  table.note = "GAUC: mean of the users' own AUCs by impressions, over the " +
               grouped_count(first.gauc_users) +
               " users with both labels; calibration error: " + std::to_string(kCalibrationBins) +
               " bins of equal mass";
  return table;
}

ReportTable differences_table(const EvaluationReport& report) {
  ReportTable table{"difference from " + report.entrants.front().name,
                    "of the impressions that both scored; * where the interval leaves 0 out",
                    {"model"},
                    {}};
  for (std::size_t c = 0; c < 5; ++c) table.head.emplace_back(kColumns[c].head);
  for (const EntrantReport& entrant : report.entrants) {
    if (!entrant.difference) continue;
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(entrant.name);
    for (std::size_t c = 0; c < 5; ++c) {
      row.push_back(estimate_text(of(*entrant.difference, kColumns[c].metric), true));
    }
  }
  return table;
}

std::string length_text(const SegmentReport& segment) {
  if (!segment.to) return std::to_string(segment.from) + " and more";
  if (*segment.to == segment.from) return std::to_string(segment.from);
  return std::to_string(segment.from) + " to " + std::to_string(*segment.to);
}

ReportTable segments_table(const EvaluationReport& report, bool scenes) {
  ReportTable table;
  table.title = scenes ? "AUC by " + report.scene.value_or("")
                       : "AUC by visible clicks of " + report.sequence;
  table.head = {scenes ? report.scene.value_or("") : "clicks", "impressions", "clicked"};
  const auto segments_of = [scenes](const EntrantReport& entrant) -> const auto& {
    return scenes ? entrant.by_scene : entrant.by_length;
  };
  for (const EntrantReport& entrant : report.entrants) table.head.push_back(entrant.name);
  const std::vector<SegmentReport>& first = segments_of(report.entrants.front());
  for (std::size_t s = 0; s < first.size(); ++s) {
    const double impressions = static_cast<double>(first[s].impressions);
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(scenes ? first[s].scene.value_or("(none)") : length_text(first[s]));
    row.push_back(grouped_count(first[s].impressions));
    row.push_back(first[s].impressions == 0
                      ? "-"
                      : percent_text(static_cast<double>(first[s].clicked) / impressions));
    for (const EntrantReport& entrant : report.entrants) {
      row.push_back(estimate_text(segments_of(entrant)[s].auc, false));
    }
  }
  return table;
}

ReportTable delays_table(const EvaluationReport& report) {
  ReportTable table{"AUC when clicks reach the sequences late",
                    "in brackets the change from no delay, with its interval",
                    {"delay"},
                    {}};
  const std::vector<DelayReport>& first = report.entrants.front().by_delay;
  for (const EntrantReport& entrant : report.entrants) {
    if (!entrant.by_delay.empty()) table.head.push_back(entrant.name);
  }
  for (std::size_t d = 0; d < first.size(); ++d) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(delay_text(first[d].delay));
    for (const EntrantReport& entrant : report.entrants) {
      if (entrant.by_delay.empty()) continue;
      const DelayReport& delay = entrant.by_delay[d];
      row.push_back(number_text(delay.auc.value, false) + " [" +
                    estimate_text(delay.change, true, 5) + "]");
    }
  }
  return table;
}

}  // namespace

std::string number_text(const std::optional<double>& value, bool is_difference, int decimals) {
  if (!value) return "-";
  char text[32];
  std::snprintf(text, sizeof text, is_difference ? "%+.*f" : "%.*f", decimals, *value);
  return text;
}

std::string estimate_text(const Estimate& estimate, bool is_difference, int decimals) {
  std::string text = number_text(estimate.value, is_difference, decimals);
  if (!estimate.low) return text;
  text += " (" + number_text(estimate.low, is_difference, decimals) + " to " +
          number_text(estimate.high, is_difference, decimals) + ")";
  return is_difference && estimate.excludes_zero() ? text + " *" : text;
}

std::string delay_text(DurationMs delay) {
  constexpr std::pair<std::int64_t, const char*> kUnits[] = {
      {86'400'000, " d"}, {3'600'000, " h"}, {60'000, " min"}, {1000, " s"}};
  for (const auto& [ms, unit] : kUnits) {
    if (delay.value != 0 && delay.value % ms == 0) return std::to_string(delay.value / ms) + unit;
  }
  return delay.value == 0 ? "0 s" : std::to_string(delay.value) + " ms";
}

std::vector<std::string> judged_text(const EvaluationReport& report) {
  const double clicked =
      static_cast<double>(report.clicked) / static_cast<double>(report.impressions);
  return {"judged: " + grouped_count(report.impressions) + " impressions of " +
              grouped_count(report.users) + " users, " + percent_text(clicked) + " clicked, from " +
              utc_text(report.first) + " to " + utc_text(report.last),
          "left out: " + grouped_count(report.left_out.repeated) + " repeated, " +
              grouped_count(report.left_out.late) +
              " older than examples.label_wait_ms when they "
              "came, " +
              grouped_count(report.left_out.unlabelled) + " without a label",
          "in brackets: 95 % intervals of " + grouped_count(report.bootstrap.resamples) +
              " resamples of users"};
}

std::vector<ReportTable> report_tables(const EvaluationReport& report) {
  std::vector<ReportTable> tables{metrics_table(report)};
  if (report.entrants.size() > 1) tables.push_back(differences_table(report));
  tables.push_back(segments_table(report, false));
  if (report.scene) tables.push_back(segments_table(report, true));
  if (!report.entrants.front().by_delay.empty()) tables.push_back(delays_table(report));
  return tables;
}

}  // namespace freshet::pipeline
