// Judges what was collected: every entrant's metrics, their intervals, the paired differences.
//
// The draws of users are the same for every entrant and metric, so a difference is taken resample
// by resample. An entrant's metrics are over the impressions that it scored; a difference from the
// first is over those that both scored.
// Errors:  none; an estimate that is not defined is empty
// Threads: one
// Cost:    that of the statistics (auc.h) for each entrant: three AUCs, two more passes for lengths
//          and scenes, one for each delay. 1,000 resamples of 67,901 impressions of 18,544 users
//          take 0.9 s of processor time an entrant without delays (2-core Intel Xeon guest that was
//          busy, `dev` preset, commit 555b1dd)
// Oracle:  tests/unit/evaluate; tests/e2e/evaluate_test.py in another language
#pragma once

#include <functional>

#include "pipeline/evaluate/evaluation_report.h"
#include "pipeline/evaluate/judged_log.h"

namespace freshet::pipeline {

// Fills what follows from the log's rows; the rest of the report is the caller's. `on_judged` is
// told how many entrants are done.
EvaluationReport judge(const JudgedLog& log, const BootstrapOptions& options,
                       const std::function<void(std::size_t)>& on_judged);

}  // namespace freshet::pipeline
