// The changelog's topic: users' saved sequences and each partition's markers, compacted, with as
// many partitions as the input, so that a partition and its changelog go together.
//
// Errors:  each message names the topic and what to set
// Threads: free functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/time.h"
#include "pipeline/config/changelog_name.h"
#include "pipeline/config/config.h"
#include "pipeline/kafka/finding.h"
#include "pipeline/kafka/kafka_topics.h"
#include "pipeline/kafka/topic_creation.h"

namespace freshet::pipeline {

// The delete.retention.ms of a topic that a worker makes.
inline constexpr DurationMs kTombstonesKept{7 * 86'400'000};

// What the largest record of it may take in the topic's log: every behaviour as long as it gets,
// with the longest ids.
std::size_t changelog_record_bytes_max(const WorkerConfig& config);

// The topic as a worker makes it.
NewTopic new_changelog_topic(const WorkerConfig& config, std::int32_t partition_count);

// What the settings of one that is there mean to a worker; a pure function. kError is what would
// lose a guarantee.
Findings judge_changelog(const WorkerConfig& config, const TopicSettings& settings);

// Before the group is joined: the topic is there, fits the input's `partition_count` and loses
// nothing. One that is missing is created, unless the group has committed with one. What is worth a
// word without being an error is in `findings`. kInvalidConfig where the topic does not fit, or is
// missing and must not be created.
Status prepare_changelog(rd_kafka_s* client, const WorkerConfig& config,
                         std::int32_t partition_count, Findings* findings);

}  // namespace freshet::pipeline
