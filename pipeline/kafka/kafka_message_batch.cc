#include "pipeline/kafka/kafka_message_batch.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

std::optional<std::string_view> bytes_of(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(data), size);
}

std::optional<EventTime> time_of(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t ms = rd_kafka_message_timestamp(&message, &type);
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms < 0) return std::nullopt;
  return EventTime{ms};
}

bool is_drained(const rd_kafka_message_t& message) {
  return message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
}

// Takes the message, whose place ends the partition.
void tell_drained(rd_kafka_message_t* message, const KafkaMessageBatch::OnDrained& on_drained) {
  on_drained(Partition{message->partition}, Position{message->offset});
  rd_kafka_message_destroy(message);
}

}  // namespace

KafkaMessageBatch::~KafkaMessageBatch() {
  for (rd_kafka_message_t* message : messages_) rd_kafka_message_destroy(message);
}

// rd_kafka_consume_batch_queue waits until the whole array is full or its time is over, so it only
// fetches what is there already, behind one message that was waited for.
void KafkaMessageBatch::fill(rd_kafka_queue_s* queue, std::chrono::milliseconds timeout,
                             std::size_t count_max, const OnDrained& on_drained) {
  FRESHET_CHECK(messages_.empty() && count_max > 0);
  rd_kafka_message_t* first = wait(timeout, on_drained);
  if (first == nullptr) return;
  messages_.resize(count_max);
  messages_[0] = first;
  ssize_t count = 0;
  if (count_max > 1) {
    count = rd_kafka_consume_batch_queue(queue, 0, messages_.data() + 1, count_max - 1);
  }
  messages_.resize(1 + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  const auto told = [&](rd_kafka_message_t* message) {
    if (!is_drained(*message)) return false;
    tell_drained(message, on_drained);
    return true;
  };
  messages_.erase(std::remove_if(messages_.begin(), messages_.end(), told), messages_.end());
}

// That a partition is drained is no message to wait for.
rd_kafka_message_t* KafkaMessageBatch::wait(std::chrono::milliseconds timeout,
                                            const OnDrained& on_drained) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + timeout;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    rd_kafka_message_t* message = rd_kafka_consumer_poll(
        client_->get(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (message == nullptr || !is_drained(*message)) return message;
    tell_drained(message, on_drained);
  }
}

InputRecord record_of(const rd_kafka_message_s& message) {
  FRESHET_CHECK(message.err == RD_KAFKA_RESP_ERR_NO_ERROR);
  return {Partition{message.partition}, Offset{message.offset}, time_of(message),
          bytes_of(message.key, message.key_len), bytes_of(message.payload, message.len)};
}

}  // namespace freshet::pipeline
