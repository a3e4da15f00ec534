// What a client asks the cluster about topics: partitions, sizes, first and last positions.
//
// Errors:  kUnavailable when nobody answers in time, kInvalidConfig when the topic is missing or
//          the client may not ask
// Threads: free functions
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/log_position.h"
#include "common/status.h"
#include "common/time.h"
#include "pipeline/config/config.h"
#include "pipeline/kafka/kafka_handle.h"

struct rd_kafka_s;

namespace freshet::pipeline {

// How long one question to the cluster may take before it is kUnavailable.
inline constexpr std::chrono::milliseconds kKafkaQuestionTimeout{5'000};

// The number of partitions of an existing topic. `client` may be a consumer or a producer.
Result<std::int32_t> topic_partition_count(
    rd_kafka_s* client, const std::string& topic,
    std::chrono::milliseconds timeout = kKafkaQuestionTimeout);

// The same as a client's first question: where nobody answers it, the error is the reason why,
// which is kInvalidConfig where login or certificates are refused.
Result<std::int32_t> topic_partition_count(KafkaHandle* client, const std::string& topic);

// As above; none where there is no such topic, or the client may not know of it.
Result<std::optional<std::int32_t>> find_topic(rd_kafka_s* client, const std::string& topic);

// The topic's settings by name, the brokers' defaults included; those that the brokers keep to
// themselves are left out. Needs the right DescribeConfigs on the topic.
using TopicSettings = std::map<std::string, std::string, std::less<>>;
Result<TopicSettings> topic_settings(rd_kafka_s* client, const std::string& topic);

// None where the setting is not there or no whole number.
std::optional<std::int64_t> number_of(const TopicSettings& settings, std::string_view name);

// The topic's max.message.bytes: the largest batch that it takes.
Result<std::size_t> topic_message_bytes_max(rd_kafka_s* client, const std::string& topic);

Result<PositionRange> position_range(rd_kafka_s* client, const std::string& topic,
                                     Partition partition);

// As Transport::position_for_time.
Result<std::optional<Position>> position_for_time(rd_kafka_s* client, const std::string& topic,
                                                  Partition partition, EventTime time);

}  // namespace freshet::pipeline
