#include "pipeline/kafka/topic_tail.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_record.h"
#include "pipeline/kafka/kafka_resources.h"
#include "pipeline/kafka/kafka_topics.h"

namespace freshet::pipeline {
namespace {

// After so many records the caller has its turn again.
constexpr int kRecordsMax = 10'000;

}  // namespace

Result<TopicTail> TopicTail::open(const WorkerConfig& config, std::span<const std::string> topics,
                                  const KafkaTransportOptions& options) {
  auto handle =
      KafkaHandle::create(KafkaHandle::Role::kConsumer, reader_options(config, options.client_id),
                          options.log, nullptr);
  if (!handle) return tl::unexpected<Error>(handle.error());
  TopicTail tail(std::move(*handle));
  const PartitionList list = make_partition_list(topics.size());
  for (const std::string& topic : topics) {
    const Result<std::int32_t> count = topic_partition_count(tail.handle_->get(), topic);
    if (!count) return tl::unexpected<Error>(count.error());
    for (std::int32_t p = 0; p < *count; ++p) {
      const Result<PositionRange> range = position_range(tail.handle_->get(), topic, Partition{p});
      if (!range) return tl::unexpected<Error>(range.error());
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p)->offset = range->begin.value;
    }
  }
  const rd_kafka_resp_err_t assigned = rd_kafka_assign(tail.handle_->get(), list.get());
  if (assigned != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected<Error>(kafka_error(assigned, "reading from the first record"));
  }
  return tail;
}

Status TopicTail::poll(std::chrono::milliseconds timeout, const Visit& visit) {
  int wait_ms = static_cast<int>(timeout.count());
  for (int i = 0; i < kRecordsMax; ++i) {
    const MessagePtr message(rd_kafka_consumer_poll(handle_->get(), wait_ms));
    if (message == nullptr) return {};
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return tl::unexpected<Error>(kafka_error(message->err, "reading on"));
    }
    wait_ms = 0;
    visit(rd_kafka_topic_name(message->rkt), dump_record_of(*message));
  }
  return {};
}

}  // namespace freshet::pipeline
