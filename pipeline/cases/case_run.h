// Runs a case through the task that `run` and `replay` have, and compares.
//
// Each case starts from nothing: one partition, offsets from 0, records keyed by the event's user,
// without record times.
// Errors:  what the task says of the machine; what differs is the result
// Threads: one
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/status.h"
#include "pipeline/cases/case_file.h"
#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

struct CaseDifference {
  std::string what;  // "output of event 2: top"
  std::string expected;
  std::string found;
};

Result<std::vector<CaseDifference>> run_case(const Case& one, const WorkerConfig& config,
                                             const std::shared_ptr<const ServedModel>& model);

}  // namespace freshet::pipeline
