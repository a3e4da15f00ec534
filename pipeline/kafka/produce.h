// `freshet produce`: a log file into the input topic, in order.
//
// A bare log: each line is a record's value, byte for byte; its key is the user id, its partition
// what Kafka's partitioner gives the key. A line without a readable user goes to partition 0
// without a key, as in a replay, so in a fresh topic every line has the partition and offset that
// the replay of the same file gives it.
// A dump: each record goes to its own partition with its key, time and headers; the topic must have
// the dump's partition count. Offsets are the topic's own.
//
// Errors:  kInvalidConfig for a missing file or topic or another partition count; kBadRecord for a
//          record that no broker takes; kFatal for a file that LogFile cannot read on. Both name
//          the place, and what came before it is in the topic
// Threads: one
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "pipeline/config/config.h"
#include "pipeline/files/dump_format.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/stop_signal.h"

namespace freshet::pipeline {

// Looks at each record when it is due, before it is sent: how far the work is, and where the record
// goes. It may wait.
struct ProduceStep {
  std::uint64_t records = 0;    // sent before this one
  std::optional<double> share;  // of the file that has been read, where its size is known
  const DumpRecord* record = nullptr;
};

struct ProduceOptions {
  std::filesystem::path input;          // plain or gzip, a bare log or a dump; "-" is stdin
  std::string topic;                    // empty: kafka.input
  std::optional<double> records_per_s;  // none: as fast as the brokers take them
  KafkaTransportOptions client;
  // Ends the reading, a pipe's too; what was sent before it is still acknowledged.
  StopSignal* stop = nullptr;
  std::function<void(const ProduceStep&)> before_send;
};

struct ProduceSummary {
  std::uint64_t records = 0;
  std::uint64_t without_user = 0;  // of a bare log: lines sent without a key
  bool stopped = false;            // by the signal, before the file's end
};

// Returns when every record is acknowledged, however long the brokers take. After a stop they have
// eight seconds; then it is kUnavailable.
Result<ProduceSummary> produce(const WorkerConfig& config, const ProduceOptions& options);

}  // namespace freshet::pipeline
