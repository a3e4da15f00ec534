// A trial of a model before it is served: does it give scores, and those of its definition?
//
// Computes: a made-up user with full sequences of the model's items, scored on up to 10,000
//           candidates as an event would be, and on a few of them by the naive reference, too
// Errors:   kInvalidModel: no candidate's logit is finite; a logit differs from the reference's by
//           more than kTrialBound of the largest term
// Threads:  any, with the scorer's floating-point mode. Cost: that of one request, and the
//           reference's on kTrialCompared candidates
// Oracle:   scorer/reference/reference.h
#pragma once

#include <cstddef>

#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

inline constexpr std::size_t kTrialClicks = 32;  // of each behaviour, or its length_max
inline constexpr std::size_t kTrialCandidates = 10'000;
inline constexpr std::size_t kTrialCompared = 16;
// Far above what rounding gives (docs/formats.md, "Error"), far below what a wrong layer does.
inline constexpr double kTrialBound = 1e-3;

Status try_model(const ServedModel& served, const WorkerConfig& config);

}  // namespace freshet::pipeline
