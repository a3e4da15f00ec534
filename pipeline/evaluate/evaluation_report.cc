#include "pipeline/evaluate/evaluation_report.h"

namespace freshet::pipeline {

std::string_view name_of(Metric metric) {
  constexpr std::array<std::string_view, kMetrics> kNames = {"auc",
                                                             "deep_auc",
                                                             "wide_auc",
                                                             "gauc",
                                                             "log_loss",
                                                             "calibration_error",
                                                             "mean_predicted",
                                                             "mean_observed",
                                                             "predicted_over_observed"};
  return kNames[static_cast<std::size_t>(metric)];
}

std::string_view name_of(EntrantKind kind) {
  switch (kind) {
    case EntrantKind::kModel:
      return "model";
    case EntrantKind::kRates:
      return "rates";
    case EntrantKind::kTruth:
      return "truth";
  }
  return "unknown";
}

}  // namespace freshet::pipeline
