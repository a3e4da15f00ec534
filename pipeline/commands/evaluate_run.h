// One evaluation: models loaded, the log replayed once with all of them, and judged.
//
// Errors:  of the configuration, the models (kInvalidModel, naming the folder), the log, and what
//          RowCollector finds. Threads: one
// Cost:    a replay without outputs of all models, a second scoring for each delay, and that of
//          pipeline/evaluate/judge.h
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/status.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/replay_input.h"
#include "pipeline/evaluate/evaluation_report.h"

namespace freshet::commands {

struct EvaluateArguments {
  ConfigArguments config;
  ReplayInput input;
  std::vector<std::string> models;  // folders; none: model.path
  std::string from;
  std::string until;
  double utc_offset_hours = 0;
  std::string scene;  // empty: the first context field
  bool requests = false;
  std::string truth;
  std::string delays = "0,1m,1h,1d";
  pipeline::BootstrapOptions bootstrap;
  std::string json;
  std::string html;
};

Result<pipeline::EvaluationReport> evaluate(const EvaluateArguments& arguments);

}  // namespace freshet::commands
