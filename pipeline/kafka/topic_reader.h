// TopicReader: a whole topic, partition by partition in ascending order, each from its first
// retained record to the end it had when the reader was opened. read_committed; joins no group.
//
// Errors:  as pipeline/kafka/kafka_errors.h; kUnavailable also when nothing comes for 30 s
// Threads: one
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/files/dump_format.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_handle.h"
#include "pipeline/kafka/kafka_topics.h"

struct rd_kafka_message_s;

namespace freshet::pipeline {

class TopicReader {
 public:
  static Result<TopicReader> open(const WorkerConfig& config, const std::string& topic,
                                  const KafkaTransportOptions& options);

  std::int32_t partition_count() const { return static_cast<std::int32_t>(ranges_.size()); }

  // What there is of a partition, and less of it: reading ends before `end` where it lies within.
  const PositionRange& range(Partition partition) const {
    return ranges_[static_cast<std::size_t>(partition.value)];
  }
  void end_before(Partition partition, Position end);

  // How many offsets lie in what is read; control records and compacted ones are among them.
  std::uint64_t offset_count() const;

  // Hands each record to `visit`; an error of `visit` ends the reading and is returned. Where
  // `is_stopped` says so it ends early, without an error.
  using Visit = std::function<Status(const DumpRecord&)>;
  using IsStopped = std::function<bool()>;
  Status read(const Visit& visit, const IsStopped& is_stopped = nullptr);

 private:
  TopicReader(std::string topic, std::shared_ptr<KafkaHandle> handle)
      : topic_(std::move(topic)), handle_(std::move(handle)) {}
  Status read_partition(Partition partition, const PositionRange& range,
                        const IsStopped& is_stopped, const Visit& visit);
  std::string place(Partition partition) const;

  std::string topic_;
  std::shared_ptr<KafkaHandle> handle_;
  std::vector<PositionRange> ranges_;  // [partition]
};

}  // namespace freshet::pipeline
