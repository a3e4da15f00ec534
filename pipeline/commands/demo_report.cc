#include "pipeline/commands/demo_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "common/check.h"

namespace freshet::commands {
namespace {

// Numbers end in one column; with the longest remark a row fits into 80.
constexpr std::size_t kNameWidth = 18;
constexpr std::size_t kValueWidth = 10;

std::string row(const Terminal& terminal, const std::string& name, const std::string& value,
                const std::string& remark) {
  std::string line = "  " + name + std::string(kNameWidth - std::min(kNameWidth, name.size()), ' ');
  line += std::string(kValueWidth - std::min(kValueWidth, value.size()), ' ');
  line += painted(terminal, Colour::kBold, value);
  if (!remark.empty()) line += "  " + remark;
  return line + "\n";
}

std::string milliseconds_text(double ms) {
  char text[32];
  std::snprintf(text, sizeof text, ms < 10 ? "%.1f ms" : "%.0f ms", ms);
  return text;
}

std::string area_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

}  // namespace

double percentile(std::vector<double> values, double share) {
  FRESHET_CHECK(!values.empty());
  const auto rank = static_cast<std::size_t>(
      std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank == 0 ? 0 : rank - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

std::string demo_report(const DemoOptions& options, const DemoOutcome& outcome,
                        std::size_t catalogue_size, const Terminal& terminal) {
  const DemoTally& tally = outcome.tally;
  std::uint64_t dead = 0;
  for (const auto& [reason, count] : tally.dead_letters) dead += count;
  std::string text;
  text += row(terminal, "events in", grouped(tally.sent), "");
  text += row(terminal, "scores out", grouped(tally.scores),
              "late clicks " + grouped(outcome.counters.late) + ", duplicate ones " +
                  grouped(outcome.counters.duplicate));
  text += row(terminal, "dead letters", grouped(dead), "");
  for (const auto& [reason, count] : tally.dead_letters) {
    const std::string value = grouped(count);
    const std::size_t used = std::min(kNameWidth - 2 + kValueWidth, reason.size() + value.size());
    const std::string gap(kNameWidth - 2 + kValueWidth - used, ' ');
    text += painted(terminal, Colour::kDim, "  - " + reason + gap + value) + "\n";
  }
  const bool whole = tally.missing == 0;
  text += row(terminal, "missing", grouped(tally.missing),
              whole ? "each event has exactly one score or dead letter"
                    : "on their way when the demo was stopped");
  text += row(terminal, "repeated", grouped(tally.repeats), "at_least_once would allow some");
  if (!tally.latencies_ms.empty()) {
    text += row(terminal, "click to score", milliseconds_text(percentile(tally.latencies_ms, 0.5)),
                "p50, " + milliseconds_text(percentile(tally.latencies_ms, 0.99)) +
                    " p99: open loop at " +
                    grouped(static_cast<std::uint64_t>(std::llround(options.paced_per_s))) + "/s");
  }
  if (whole && outcome.full_speed_s > 0 && outcome.full_speed_events > 0) {
    const double per_s = static_cast<double>(outcome.full_speed_events) / outcome.full_speed_s;
    text +=
        row(terminal, "full speed", grouped(static_cast<std::uint64_t>(std::llround(per_s))) + "/s",
            grouped(outcome.full_speed_events) + " events; each click scores " +
                std::to_string(catalogue_size) + " videos");
  }
  if (const auto areas = outcome.ranking.areas()) {
    text += row(terminal, "AUC of the model", area_text(areas->model),
                "how it ranked " + grouped(areas->impressions) + " shown videos by who clicked");
    text += row(terminal, "AUC of the truth", area_text(areas->truth),
                "the probabilities that clicks were drawn from");
  }
  return text;
}

}  // namespace freshet::commands
