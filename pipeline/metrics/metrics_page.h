// The metrics of a process in Prometheus' text format. The door to prometheus-cpp.
//
// Shapes:  docs/metrics.md lists every metric; a test compares the two
// Units:   seconds and bytes, as Prometheus has them; no user or item id in any label
// Errors:  none
// Threads: any
// Cost:    a copy of each worker's status, a few files under /proc, and a pass over the model's ids
#pragma once

#include <string>

#include "pipeline/metrics/process_view.h"
#include "pipeline/metrics/stall_observer.h"

namespace freshet::pipeline {

inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_page(const ProcessView& process, const StallObserver& stalls);

}  // namespace freshet::pipeline
