// Who is in the application's consumer group, and whether the client may be one of them.
//
// The right to read as the group is tried with a commit for a topic that does not exist, which
// leaves nothing behind.
// Errors:  none; all is in the findings. Members that are no workers of Freshet are kError
// Threads: free function
// Cost:    two questions
#pragma once

#include <chrono>

#include "pipeline/config/config.h"
#include "pipeline/kafka/finding.h"

struct rd_kafka_s;

namespace freshet::pipeline {

Findings check_group(rd_kafka_s* client, const WorkerConfig& config,
                     std::chrono::milliseconds timeout);

}  // namespace freshet::pipeline
