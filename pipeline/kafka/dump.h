// `freshet dump`: a topic as a file, by partition, then offset. pipeline/files/dump_format.h.
//
// Errors:  as TopicReader; kInvalidConfig when the file cannot be created, kFatal when writing
//          fails
// Threads: one
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "pipeline/config/config.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/stop_signal.h"

namespace freshet::pipeline {

struct DumpOptions {
  std::string topic;             // empty: kafka.input
  std::filesystem::path output;  // "-" is standard output
  KafkaTransportOptions client;
  const StopSignal* stop = nullptr;  // ends the reading; the file then lacks what follows
  // Told after each record: how many there are so far, and how many offsets the topic has.
  std::function<void(std::uint64_t records, std::uint64_t offsets)> on_record;
};

struct DumpSummary {
  std::int32_t partition_count = 0;
  std::uint64_t records = 0;
  bool stopped = false;  // by the signal, before the end
};

// Writes what is committed from each partition's first retained record to the end it has now.
Result<DumpSummary> dump(const WorkerConfig& config, const DumpOptions& options);

}  // namespace freshet::pipeline
