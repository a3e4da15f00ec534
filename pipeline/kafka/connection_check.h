// What `freshet check --connect` asks the cluster: everything that a worker would meet, at once.
//
// In this order: the addresses of kafka.bootstrap, the topics and their settings, the rights
// to read, to write and to be a member of the group, the group's state. Leaves nothing behind: no
// record, no member, no position.
// Errors:  none; all is in the findings
// Threads: free function
// Cost:    `timeout` at most for each question that nobody answers
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "pipeline/config/config.h"
#include "pipeline/kafka/finding.h"

namespace freshet::pipeline {

struct ConnectionCheck {
  Findings findings;
  std::optional<std::int32_t> input_partitions;  // none where the topic could not be asked for
};

ConnectionCheck check_connection(const WorkerConfig& config, std::chrono::milliseconds timeout);

}  // namespace freshet::pipeline
