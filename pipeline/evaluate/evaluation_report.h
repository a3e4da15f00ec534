// EvaluationReport: all that `freshet evaluate` says, before it is a table, JSON or a page.
//
// Threads: plain data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/evaluate/auc.h"
#include "pipeline/evaluate/bootstrap.h"
#include "pipeline/evaluate/calibration.h"
#include "pipeline/evaluate/judged_log.h"

namespace freshet::pipeline {

// In the order in which reports show them.
enum class Metric : std::size_t {
  kAuc,
  kDeepAuc,
  kWideAuc,
  kGauc,
  kLogLoss,
  kCalibrationError,
  kMeanPredicted,
  kMeanObserved,
  kPredictedOverObserved,
};
inline constexpr std::size_t kMetrics = 9;
using Metrics = std::array<Estimate, kMetrics>;  // by Metric

// As the JSON has it: "deep_auc".
std::string_view name_of(Metric metric);
std::string_view name_of(EntrantKind kind);

// Some of the impressions: a range of sequence lengths, or a scene.
struct SegmentReport {
  std::size_t from = 0;           // lengths, inclusive
  std::optional<std::size_t> to;  // none: no end
  std::optional<std::string> scene;
  std::size_t impressions = 0;
  std::size_t clicked = 0;
  Estimate auc;
  std::optional<Estimate> difference;  // from the first entrant; none of the first
};

struct DelayReport {
  DurationMs delay{};
  Estimate auc;
  Estimate change;  // from the AUC of the fresh state
};

struct EntrantReport {
  std::string name;
  EntrantKind kind = EntrantKind::kModel;
  std::string label;
  std::string path;
  std::size_t impressions = 0;  // that it scored: all that follows is of these
  double coverage = 0;
  Metrics metrics;
  std::size_t gauc_users = 0;
  std::size_t gauc_impressions = 0;
  std::optional<Metrics> difference;  // from the first, over what both scored; none of the first
  std::vector<SegmentReport> by_length;
  std::vector<SegmentReport> by_scene;
  std::vector<DelayReport> by_delay;
  std::vector<RocPoint> roc;
  std::vector<CalibrationBin> calibration;
};

struct EvaluationReport {
  std::string log;
  std::optional<EventTime> from;
  std::optional<EventTime> until;
  std::size_t impressions = 0;
  std::size_t clicked = 0;
  std::size_t users = 0;
  EventTime first{};
  EventTime last{};
  LeftOut left_out;
  std::string sequence;              // the behaviour whose length the rows are told apart by
  std::optional<std::string> scene;  // the context field
  BootstrapOptions bootstrap;
  std::vector<EntrantReport> entrants;
};

}  // namespace freshet::pipeline
