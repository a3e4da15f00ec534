// `freshet dump`: a topic as a file, by partition, then offset. pipeline/files/dump_format.h.
//
// Errors:  as TopicReader; kInvalidConfig when the file cannot be created, kFatal when writing
// fails Threads: one
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "pipeline/config/config.h"
#include "pipeline/kafka/kafka_client_config.h"

namespace freshet::pipeline {

struct DumpOptions {
  std::string topic;             // empty: kafka.input
  std::filesystem::path output;  // "-" is standard output
  KafkaTransportOptions client;
};

struct DumpSummary {
  std::int32_t partition_count = 0;
  std::uint64_t records = 0;
};

// Writes what is committed from each partition's first retained record to the end it has now.
Result<DumpSummary> dump(const WorkerConfig& config, const DumpOptions& options);

}  // namespace freshet::pipeline
