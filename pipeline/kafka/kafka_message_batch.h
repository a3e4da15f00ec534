// KafkaMessageBatch: what a consumer's queue had at one time, as records that point into it.
//
// Errors:  none; a message that is an error is among them, for who knows what it means
// Threads: one
// Cost:    no copy of key or value
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "common/log_position.h"
#include "pipeline/events/record.h"
#include "pipeline/kafka/kafka_handle.h"

struct rd_kafka_message_s;
struct rd_kafka_queue_s;

namespace freshet::pipeline {

class KafkaMessageBatch {
 public:
  // The messages point into their client, which therefore lives as long.
  explicit KafkaMessageBatch(std::shared_ptr<KafkaHandle> client) : client_(std::move(client)) {}
  ~KafkaMessageBatch();
  KafkaMessageBatch(const KafkaMessageBatch&) = delete;
  KafkaMessageBatch& operator=(const KafkaMessageBatch&) = delete;

  // That nothing is left to read of a partition, and the position behind whatever there was.
  using OnDrained = std::function<void(Partition, Position)>;

  // Waits for a first message up to `timeout`, then takes what is there, `count_max` at most.
  // `queue` is the client's. Partitions that are drained are told and not among the messages.
  void fill(rd_kafka_queue_s* queue, std::chrono::milliseconds timeout, std::size_t count_max,
            const OnDrained& on_drained);

  const std::vector<rd_kafka_message_s*>& messages() const { return messages_; }

 private:
  rd_kafka_message_s* wait(std::chrono::milliseconds timeout, const OnDrained& on_drained);

  std::shared_ptr<KafkaHandle> client_;
  std::vector<rd_kafka_message_s*> messages_;
};

// Requires: the message is no error. The record is valid as long as the message.
InputRecord record_of(const rd_kafka_message_s& message);

}  // namespace freshet::pipeline
