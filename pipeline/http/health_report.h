// HealthReport: whether a process lives, and whether it serves, part by part with the reason.
//
//   liveness   /healthz: every worker thread has beaten within kBeatLimit. Threads beat while they
//              wait for brokers or disk, so an outage does not get the process killed; one that is
//              stuck inside a call does.
//   readiness  /readyz: assigned (some partition is), caught up (none reads again), model, store
//              and brokers (nothing is being repeated for want of an answer), not stopping.
//
// Errors: none. Threads: any
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "pipeline/metrics/process_view.h"

namespace freshet::pipeline {

// Longer than any single call that a worker makes: librdkafka answers or gives up within 5 s.
inline constexpr std::chrono::milliseconds kBeatLimit{60'000};

struct HealthPart {
  std::string name;
  bool ok = false;
  std::string why;  // what it is waiting for, or what it has
};

struct HealthReport {
  std::vector<HealthPart> parts;
  bool ok() const;
};

HealthReport liveness(const ProcessView& process);
HealthReport readiness(const ProcessView& process);

// {"ok":false,"parts":{"assigned":{"ok":false,"why":"..."},...}} and a line feed.
std::string health_json(const HealthReport& report);

}  // namespace freshet::pipeline
