// Whether the application's topics are there and set as a worker needs them.
//
// Errors:  none; every topic has its findings. A topic that is missing or must not be described is
//          kError, settings that would lose a guarantee are kError, settings that may not be asked
//          for are kWarning
// Threads: free functions
// Cost:    two questions a topic
#pragma once

#include <cstdint>
#include <optional>

#include "pipeline/config/config.h"
#include "pipeline/kafka/finding.h"
#include "pipeline/kafka/kafka_topics.h"

struct rd_kafka_s;

namespace freshet::pipeline {

struct TopicCheck {
  Findings findings;
  std::optional<std::int32_t> input_partitions;
};

TopicCheck check_topics(rd_kafka_s* client, const WorkerConfig& config);

// What the settings of the topics mean to a worker; pure functions.
Findings judge_input(const WorkerConfig& config, const TopicSettings& settings);
Findings judge_dead_letters(const WorkerConfig& config, const TopicSettings& settings);

// kInvalidConfig for an input topic that drops records by key: its log is what a worker goes on
// from after a crash. Where the settings may not be asked for, the topic is taken as it is.
Status refuse_compacted_input(rd_kafka_s* client, const std::string& topic);

}  // namespace freshet::pipeline
