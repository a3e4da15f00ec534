// The group's committed positions: asking for them and committing them, each with its text.
//
// Errors:  as the table of pipeline/kafka/kafka_errors.h; kUnavailable without an answer in time,
//          when a commit may or may not have happened
// Threads: free functions, on the consumer's thread
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/status.h"
#include "pipeline/transport.h"

struct rd_kafka_s;
struct rd_kafka_topic_partition_list_s;

namespace freshet::pipeline {

struct PositionListDeleter {
  void operator()(rd_kafka_topic_partition_list_s* list) const;
};
using PositionList = std::unique_ptr<rd_kafka_topic_partition_list_s, PositionListDeleter>;

// The positions of a commit as librdkafka wants them. Requires: no zero byte in a text, because
// librdkafka would cut it there.
PositionList position_list(const std::string& topic, std::span<const PartitionCommit> positions);

// In the order asked for; none where the group has committed nothing.
Result<std::vector<std::optional<CommittedPosition>>> committed_positions(
    rd_kafka_s* consumer, const std::string& topic, std::span<const Partition> partitions);

// Commits under the consumer's present generation.
Status commit_positions(rd_kafka_s* consumer, const std::string& topic,
                        std::span<const PartitionCommit> positions);

}  // namespace freshet::pipeline
