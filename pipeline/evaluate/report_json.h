// An evaluation as JSON (docs/formats.md, "Evaluation"): equal reports, equal bytes.
//
// Errors: none. Threads: a free function.
#pragma once

#include <string>

#include "pipeline/evaluate/evaluation_report.h"

namespace freshet::pipeline {

std::string evaluation_json(const EvaluationReport& report);

}  // namespace freshet::pipeline
