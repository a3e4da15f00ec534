#include "pipeline/evaluate/report_page.h"

#include <algorithm>
#include <limits>

#include "pipeline/evaluate/report_text.h"
#include "pipeline/evaluate/svg_plot.h"

namespace freshet::pipeline {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --back: #ffffff; --text: #1c2733; --dim: #5b6875; --rule: #d9e0e6;
  --s0: #1864ab; --s1: #c2410c; --s2: #2b8a3e; --s3: #862e9c; --s4: #a61e4d; --s5: #0b7285; --s6: #8a6d00; --s7: #495057; }
@media (prefers-color-scheme: dark) { :root { --back: #14191f; --text: #e3e9ef; --dim: #9aa7b4; --rule: #313b46;
  --s0: #74b9f5; --s1: #ff9d5c; --s2: #7bd88f; --s3: #d79bea; --s4: #ff8fab; --s5: #5fd3e4; --s6: #e8c547; --s7: #b6bfc8; } }
body { background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin: 2em 0 .3em; } p { margin: .2em 0; } .note, figcaption { color: var(--dim); font-size: .9em; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9em; }
th, td { padding: .3em .8em; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { color: var(--dim); font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 1em; } figure { margin: 0; }
svg { width: 100%; height: auto; } svg text { fill: var(--dim); font-size: 11px; } .middle { text-anchor: middle; } .end { text-anchor: end; }
svg text.axis { fill: var(--text); font-size: 12px; } .grid { stroke: var(--rule); stroke-width: 1; } .dashed { stroke: var(--dim); stroke-dasharray: 4 4; }
polyline { fill: none; stroke-width: 1.8; } .thin { stroke-width: 1; } .key { display: inline-block; margin-right: 1.2em; } .key svg { width: 1.6em; height: .8em; }
)";

std::string colour_rules() {
  std::string rules;
  for (std::size_t s = 0; s < kSeriesColours; ++s) {
    const std::string name = "s" + std::to_string(s);
    rules += "polyline." + name + ", line." + name + " { stroke: var(--" + name + "); } circle." +
             name + " { fill: var(--" + name + "); }\n";
  }
  return rules;
}

std::string table_html(const ReportTable& table) {
  std::string out = "<h2>" + html_text(table.title) + "</h2>\n";
  if (!table.note.empty()) out += "<p class=\"note\">" + html_text(table.note) + "</p>\n";
  out += "<div class=\"wide\"><table>\n<tr>";
  for (const std::string& text : table.head) out += "<th>" + html_text(text) + "</th>";
  out += "</tr>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (const std::string& text : row) out += "<td>" + html_text(text) + "</td>";
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

std::string legend(const EvaluationReport& report) {
  std::string out = "<p>";
  for (std::size_t e = 0; e < report.entrants.size(); ++e) {
    out +=
        "<span class=\"key\"><svg viewBox=\"0 0 16 8\" aria-hidden=\"true\"><polyline class=\"s" +
        std::to_string(e % kSeriesColours) + "\" points=\"0,4 16,4\"/></svg> " +
        html_text(report.entrants[e].name) + "</span>\n";
  }
  return out + "</p>\n";
}

std::string figure(const SvgPlot& plot, const std::string& caption) {
  return "<figure>\n" + plot.svg() + "<figcaption>" + html_text(caption) +
         "</figcaption>\n</figure>\n";
}

std::string roc_figure(const EvaluationReport& report) {
  SvgPlot plot("ROC curves", round_axis("share of not clicked above the threshold", 0, 1, 5),
               round_axis("share of clicked above it", 0, 1, 5));
  plot.diagonal();
  for (std::size_t e = 0; e < report.entrants.size(); ++e) {
    SvgPlot::Points points;
    for (const RocPoint& point : report.entrants[e].roc) {
      points.emplace_back(point.not_clicked, point.clicked);
    }
    plot.line(e, points, false);
  }
  return figure(plot, "ROC: the area under a curve is the AUC");
}

std::string calibration_figure(const EvaluationReport& report) {
  double max = 0;
  for (const EntrantReport& entrant : report.entrants) {
    for (const CalibrationBin& bin : entrant.calibration) {
      max = std::max({max, bin.predicted, bin.observed});
    }
  }
  SvgPlot plot("Calibration", round_axis("predicted probability", 0, max, 5),
               round_axis("share that was clicked", 0, max, 5));
  plot.diagonal();
  for (std::size_t e = 0; e < report.entrants.size(); ++e) {
    SvgPlot::Points points;
    for (const CalibrationBin& bin : report.entrants[e].calibration) {
      points.emplace_back(bin.predicted, bin.observed);
    }
    plot.line(e, points, true);
  }
  return figure(plot, "Calibration: on the diagonal what is predicted comes to pass; " +
                          std::to_string(kCalibrationBins) + " bins of equal mass");
}

// One AUC with its interval for each place of the horizontal axis.
using Aucs = std::vector<Estimate>;

std::string auc_figure(const std::string& name, const std::string& caption, PlotAxis x,
                       const std::vector<std::pair<std::size_t, Aucs>>& series) {
  double min = 1;
  double max = 0;
  for (const auto& [entrant, aucs] : series) {
    for (const Estimate& auc : aucs) {
      if (!auc.value) continue;
      min = std::min(min, auc.low.value_or(*auc.value));
      max = std::max(max, auc.high.value_or(*auc.value));
    }
  }
  if (min > max) return "";
  SvgPlot plot(name, std::move(x), round_axis("AUC", min, max, 6));
  for (std::size_t s = 0; s < series.size(); ++s) {
    const auto& [entrant, aucs] = series[s];
    // Beside each other, so that intervals do not hide each other.
    const double shift =
        0.3 * ((static_cast<double>(s) + 0.5) / static_cast<double>(series.size()) - 0.5);
    SvgPlot::Points points;
    for (std::size_t i = 0; i < aucs.size(); ++i) {
      if (!aucs[i].value) continue;
      const double place = static_cast<double>(i) + shift;
      points.emplace_back(place, *aucs[i].value);
      if (aucs[i].low) plot.interval(entrant, place, *aucs[i].low, *aucs[i].high);
    }
    plot.line(entrant, points, true);
  }
  return figure(plot, caption);
}

PlotAxis places_axis(std::string title, const std::vector<std::string>& names) {
  PlotAxis axis{std::move(title), -0.5, static_cast<double>(names.size()) - 0.5, {}};
  for (std::size_t i = 0; i < names.size(); ++i) {
    axis.ticks.emplace_back(static_cast<double>(i), names[i]);
  }
  return axis;
}

std::string length_figure(const EvaluationReport& report) {
  std::vector<std::string> names;
  for (const SegmentReport& segment : report.entrants.front().by_length) {
    const std::string from = std::to_string(segment.from);
    names.push_back(!segment.to                   ? from + "+"
                    : *segment.to == segment.from ? from
                                                  : from + "-" + std::to_string(*segment.to));
  }
  std::vector<std::pair<std::size_t, Aucs>> series;
  for (std::size_t e = 0; e < report.entrants.size(); ++e) {
    Aucs aucs;
    for (const SegmentReport& segment : report.entrants[e].by_length) aucs.push_back(segment.auc);
    series.emplace_back(e, std::move(aucs));
  }
  return auc_figure("AUC against sequence length", "AUC against the length of the sequence seen",
                    places_axis("visible clicks of " + report.sequence, names), series);
}

std::string delay_figure(const EvaluationReport& report) {
  std::vector<std::string> names;
  for (const DelayReport& delay : report.entrants.front().by_delay) {
    names.push_back(delay_text(delay.delay));
  }
  std::vector<std::pair<std::size_t, Aucs>> series;
  for (std::size_t e = 0; e < report.entrants.size(); ++e) {
    Aucs aucs;
    for (const DelayReport& delay : report.entrants[e].by_delay) aucs.push_back(delay.auc);
    if (!aucs.empty()) series.emplace_back(e, std::move(aucs));
  }
  if (names.empty()) return "";
  return auc_figure("AUC against staleness",
                    "AUC against staleness: what it costs when a click is seen this late",
                    places_axis("delay of updates", names), series);
}

}  // namespace

std::string evaluation_page(const EvaluationReport& report) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Evaluation "
      "of ";
  out += html_text(report.log) + "</title>\n<style>" + kStyle + colour_rules() +
         "</style>\n</head>\n<body>\n<h1>Evaluation of " + html_text(report.log) + "</h1>\n";
  for (const std::string& line : judged_text(report)) out += "<p>" + html_text(line) + "</p>\n";
  const std::vector<ReportTable> tables = report_tables(report);
  out += table_html(tables.front());
  out += "<h2>plots</h2>\n" + legend(report) + "<div class=\"plots\">\n" + roc_figure(report) +
         calibration_figure(report) + length_figure(report) + delay_figure(report) + "</div>\n";
  for (std::size_t t = 1; t < tables.size(); ++t) out += table_html(tables[t]);
  return out + "</body>\n</html>\n";
}

}  // namespace freshet::pipeline
