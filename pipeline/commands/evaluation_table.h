// An evaluation as tables on a terminal, or as the same text in a file.
//
// Columns that do not fit the terminal's width go on below, under their row's names again.
// Errors: none. Threads: a free function.
#pragma once

#include <string>

#include "pipeline/commands/terminal.h"
#include "pipeline/evaluate/evaluation_report.h"

namespace freshet::commands {

std::string evaluation_table(const pipeline::EvaluationReport& report, const Terminal& terminal);

}  // namespace freshet::commands
