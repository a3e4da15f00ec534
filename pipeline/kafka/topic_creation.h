// Creating a topic.
//
// Errors:  kUnavailable when nobody answers in time; kInvalidConfig, with the right that is missing
//          or what the brokers refuse, else
// Threads: free functions
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/status.h"
#include "pipeline/config/config.h"

namespace freshet::pipeline {

struct NewTopic {
  std::string name;
  std::int32_t partition_count = 1;
  std::map<std::string, std::string> settings;  // the topic's own: "cleanup.policy" and the like
  int replicas = 1;                             // kDefaultReplicas: as the brokers make topics
};
inline constexpr int kDefaultReplicas = -1;

// Returns when the cluster knows the topic. One that is there already with as many partitions is
// left as it is; with another number it is kInvalidConfig.
Status create_topic(const WorkerConfig& config, const NewTopic& topic);

// Whether create_topic() would; nothing is created.
Status try_to_create_topic(const WorkerConfig& config, const NewTopic& topic);

}  // namespace freshet::pipeline
