// Whether the brokers of kafka.bootstrap answer, each address by itself.
//
// A worker needs only one of them, and librdkafka then hides what is wrong with the others until
// the one is gone.
// Errors:  none; every address has a finding: an answer, or why there is none (nobody listens, the
//          name does not resolve, TLS, SASL, silence). One that fails is a warning beside another
//          that answers, else an error
// Threads: free function; each address is asked on a thread of its own
// Cost:    `timeout` at most, all addresses together
#pragma once

#include <chrono>

#include "pipeline/config/config.h"
#include "pipeline/kafka/finding.h"

namespace freshet::pipeline {

struct BootstrapCheck {
  Findings findings;
  bool reachable = false;  // at least one answers
};

BootstrapCheck check_bootstrap(const WorkerConfig& config, std::chrono::milliseconds timeout);

}  // namespace freshet::pipeline
