// RAII for librdkafka's objects. Included by the .cc files of this folder only.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <span>
#include <string>

#include "common/log_position.h"

namespace freshet::pipeline {

template <class T, void (*Free)(T*)>
struct KafkaDeleter {
  void operator()(T* object) const { Free(object); }
};
template <class T, void (*Free)(T*)>
using KafkaPtr = std::unique_ptr<T, KafkaDeleter<T, Free>>;

using ConfPtr = KafkaPtr<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using TopicPtr = KafkaPtr<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using QueuePtr = KafkaPtr<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using EventPtr = KafkaPtr<rd_kafka_event_t, rd_kafka_event_destroy>;
using MessagePtr = KafkaPtr<rd_kafka_message_t, rd_kafka_message_destroy>;
using ErrorPtr = KafkaPtr<rd_kafka_error_t, rd_kafka_error_destroy>;
using HeadersPtr = KafkaPtr<rd_kafka_headers_t, rd_kafka_headers_destroy>;
using NewTopicPtr = KafkaPtr<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using ConfigResourcePtr = KafkaPtr<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using AdminOptionsPtr = KafkaPtr<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using PartitionList =
    KafkaPtr<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

inline PartitionList make_partition_list(std::size_t capacity) {
  return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(capacity)));
}

inline PartitionList make_partition_list(const std::string& topic,
                                         std::span<const Partition> partitions) {
  PartitionList list = make_partition_list(partitions.size());
  for (const Partition partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition.value);
  }
  return list;
}

// None for a null list.
inline std::span<rd_kafka_topic_partition_t> elements_of(rd_kafka_topic_partition_list_t* list) {
  if (list == nullptr) return {};
  return {list->elems, static_cast<std::size_t>(list->cnt)};
}

}  // namespace freshet::pipeline
