// TopicTail: several topics from their first record on, as the records come, without an end.
//
// Joins no group and commits nothing; read_committed.
// Errors:  as pipeline/kafka/kafka_errors.h
// Threads: one
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/config/config.h"
#include "pipeline/files/dump_format.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_handle.h"

namespace freshet::pipeline {

class TopicTail {
 public:
  static Result<TopicTail> open(const WorkerConfig& config, std::span<const std::string> topics,
                                const KafkaTransportOptions& options);

  // Hands what has come to `visit`; returns once there is nothing more, or after `timeout` without
  // any record.
  using Visit = std::function<void(std::string_view topic, const DumpRecord&)>;
  Status poll(std::chrono::milliseconds timeout, const Visit& visit);

 private:
  explicit TopicTail(std::shared_ptr<KafkaHandle> handle) : handle_(std::move(handle)) {}

  std::shared_ptr<KafkaHandle> handle_;
};

}  // namespace freshet::pipeline
