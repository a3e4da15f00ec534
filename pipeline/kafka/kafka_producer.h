// KafkaProducer: the writing half of KafkaTransport, and what `produce` writes with: idempotent,
// acknowledged by all replicas.
//
// A record that was taken is delivered once and in order, however long that takes; flush() says
// whether it has been. A record that the brokers refuse for good makes every later flush() fail, so
// no position past it is committed.
//
// A record is measured before it is taken, uncompressed, against the topic's own max.message.bytes
// and the client's message.max.bytes; batches are kept below the smallest of the topics' (a broker
// refuses whole batches), and a warning names the topic that makes them smaller. Where the client
// may not describe a topic, a warning says so and the client's bound alone holds.
//
// Errors:  of send(): kUnavailable when the queue stays full, kBadRecord for a record larger than
//          those bounds; neither has been taken. Of flush(): kUnavailable while records wait;
//          kFenced when a record was given up in a way that reading it again mends, else as the
//          table of pipeline/kafka/kafka_errors.h
// Threads: one
// Cost:    one copy of key and value
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/log_position.h"
#include "pipeline/events/record.h"
#include "pipeline/kafka/kafka_handle.h"

struct rd_kafka_s;
struct rd_kafka_topic_s;

namespace freshet::pipeline {

// A topic that a producer has opened.
struct KafkaTopic {
  std::size_t index = 0;
  std::int32_t partition_count = 0;
};

struct KafkaMessage {
  KafkaTopic topic;
  std::optional<Partition> partition;  // none: murmur2 of the key
  std::optional<EventTime> timestamp;  // none: now
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::span<const Header> headers;
  // Set to the position behind the record once it is delivered. Outlives the producer.
  std::optional<Position>* behind = nullptr;
};

class KafkaProducer final : private KafkaEvents {
 public:
  static Result<std::unique_ptr<KafkaProducer>> create(const KafkaOptions& options, KafkaLog log);
  ~KafkaProducer() override;

  // Asks the brokers for the topic, so that the first send() does not wait for it. A missing one is
  // kInvalidConfig. `known_bytes_max` is its max.message.bytes where the brokers are not to be
  // asked for it. Requires: nothing has been sent yet.
  Result<KafkaTopic> open_topic(const std::string& name,
                                std::optional<std::size_t> known_bytes_max = std::nullopt);

  Status send(const KafkaMessage& message);
  Status flush(std::chrono::milliseconds timeout);

  // For who ends the transaction that the records are in: a new one may begin behind it.
  void forget_refused() { refused_.reset(); }
  // Changes until the last open_topic().
  rd_kafka_s* client() const { return handle_->get(); }
  void log(int level, std::string_view line) const { handle_->log(level, line); }
  std::int64_t number_option(const char* name) const { return handle_->number_option(name); }

 private:
  struct OpenTopic {
    std::string name;
    std::size_t bytes_max;
    rd_kafka_topic_s* handle;
  };

  KafkaProducer(KafkaOptions options, KafkaLog log);
  Status connect();
  void disconnect();
  Status keep_batches_below(const OpenTopic& topic);
  void on_rebalance(int, rd_kafka_topic_partition_list_s*) override {}
  void on_delivery(const rd_kafka_message_s& message) override;
  int hand_over(const KafkaMessage& message);
  Status permanent_error();

  KafkaOptions options_;
  KafkaLog log_;
  std::shared_ptr<KafkaHandle> handle_;
  std::vector<OpenTopic> topics_;
  std::size_t sends_ = 0;
  std::optional<Error> refused_;  // the first record that will never be delivered
};

}  // namespace freshet::pipeline
