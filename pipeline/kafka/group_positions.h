// What a group has committed, asked from outside: nobody joins it.
//
// Errors:  as pipeline/kafka/kafka_errors.h: kUnavailable without an answer, kInvalidConfig for a
//          missing topic or a missing right
// Threads: a free function
#pragma once

#include <optional>
#include <vector>

#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/transport.h"

namespace freshet::pipeline {

// Of the group application_id on kafka.input, by partition; none where nothing is committed.
Result<std::vector<std::optional<CommittedPosition>>> group_positions(
    const WorkerConfig& config, const KafkaTransportOptions& options);

}  // namespace freshet::pipeline
