#include "pipeline/kafka/kafka_topics.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <charconv>
#include <memory>
#include <span>
#include <string_view>
#include <thread>

#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_handle.h"
#include "pipeline/kafka/kafka_resources.h"

namespace freshet::pipeline {
namespace {

constexpr int kQuestionTimeoutMs = static_cast<int>(kKafkaQuestionTimeout.count());

tl::unexpected<Error> failed_question(int rd_error, const std::string& what,
                                      std::string_view right = "Describe on the topic") {
  return tl::unexpected<Error>(kafka_error(rd_error, what, right));
}

}  // namespace

Result<std::int32_t> topic_partition_count(rd_kafka_s* client, const std::string& topic,
                                           std::chrono::milliseconds timeout) {
  const std::string what = "topic " + topic;
  const TopicPtr handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  if (handle == nullptr) return failed_question(rd_kafka_last_error(), what);
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t asked =
      rd_kafka_metadata(client, 0, handle.get(), &metadata, static_cast<int>(timeout.count()));
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return failed_question(asked, what);
  const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> owner(
      metadata, rd_kafka_metadata_destroy);
  if (metadata->topic_cnt != 1) {
    return error(ErrorCode::kUnavailable, what + ": the brokers' answer does not name it");
  }
  const rd_kafka_metadata_topic_t& answer = metadata->topics[0];
  if (answer.err != RD_KAFKA_RESP_ERR_NO_ERROR) return failed_question(answer.err, what);
  return std::int32_t{answer.partition_cnt};
}

Result<std::int32_t> topic_partition_count(KafkaHandle* client, const std::string& topic) {
  const Result<std::int32_t> count = topic_partition_count(client->get(), topic);
  const bool silence = !count && count.error().code == ErrorCode::kUnavailable;
  if (count) client->note_answer();
  if (silence && !client->answered()) {
    return tl::unexpected<Error>(client->reason_of(count.error()));
  }
  return count;
}

namespace {

TopicSettings settings_of(const rd_kafka_ConfigResource_t* topic) {
  TopicSettings settings;
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(topic, &count);
  for (const rd_kafka_ConfigEntry_t* entry : std::span(entries, count)) {
    const char* value = rd_kafka_ConfigEntry_value(entry);
    if (value != nullptr) settings.emplace(rd_kafka_ConfigEntry_name(entry), value);
  }
  return settings;
}

}  // namespace

Result<TopicSettings> topic_settings(rd_kafka_s* client, const std::string& topic) {
  constexpr std::string_view kRight = "DescribeConfigs on the topic";
  const std::string what = "settings of topic " + topic;
  const ConfigResourcePtr request(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const AdminOptionsPtr options(
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  std::array<char, 512> reason{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kQuestionTimeoutMs, reason.data(),
                                            reason.size());
  const QueuePtr queue(rd_kafka_queue_new(client));
  rd_kafka_ConfigResource_t* requests[] = {request.get()};
  rd_kafka_DescribeConfigs(client, requests, 1, options.get(), queue.get());
  const EventPtr event(rd_kafka_queue_poll(queue.get(), kQuestionTimeoutMs));
  if (event == nullptr) return failed_question(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failed_question(rd_kafka_event_error(event.get()), what, kRight);
  }
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** topics = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1) return error(ErrorCode::kUnavailable, what + ": an answer without the topic");
  const rd_kafka_resp_err_t outcome = rd_kafka_ConfigResource_error(topics[0]);
  if (outcome != RD_KAFKA_RESP_ERR_NO_ERROR) return failed_question(outcome, what, kRight);
  return settings_of(topics[0]);
}

Result<std::size_t> topic_message_bytes_max(rd_kafka_s* client, const std::string& topic) {
  const Result<TopicSettings> settings = topic_settings(client, topic);
  if (!settings) return tl::unexpected<Error>(settings.error());
  const auto setting = settings->find("max.message.bytes");
  std::string_view digits;
  if (setting != settings->end()) digits = setting->second;
  std::size_t bytes = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
  if (failure == std::errc() && end == digits.data() + digits.size()) return bytes;
  return error(ErrorCode::kFatal,
               "settings of topic " + topic + ": the brokers' answer lacks max.message.bytes");
}

Result<PositionRange> position_range(rd_kafka_s* client, const std::string& topic,
                                     Partition partition) {
  PositionRange range;
  const rd_kafka_resp_err_t asked =
      rd_kafka_query_watermark_offsets(client, topic.c_str(), partition.value, &range.begin.value,
                                       &range.end.value, kQuestionTimeoutMs);
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failed_question(
        asked, "positions of topic " + topic + " partition " + std::to_string(partition.value));
  }
  return range;
}

namespace {

// The controller answers before the brokers have heard of the topic.
Status wait_until_known(rd_kafka_s* client, const std::string& topic,
                        std::int32_t partition_count) {
  const auto deadline = std::chrono::steady_clock::now() + kKafkaQuestionTimeout;
  while (true) {
    const Result<std::int32_t> known = topic_partition_count(client, topic);
    if (known && *known == partition_count) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      return error(ErrorCode::kUnavailable, "topic " + topic + ": the brokers do not know it yet");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

Status create_topic(const WorkerConfig& config, const std::string& topic,
                    std::int32_t partition_count,
                    const std::map<std::string, std::string>& settings) {
  constexpr std::string_view kRight = "Create on the cluster or the topic";
  const std::string what = "creating topic " + topic;
  auto client = KafkaHandle::create(KafkaHandle::Role::kProducer, producer_options(config, {}),
                                    nullptr, nullptr);
  if (!client) return tl::unexpected<Error>(client.error());
  std::array<char, 512> reason{};
  const NewTopicPtr request(
      rd_kafka_NewTopic_new(topic.c_str(), partition_count, 1, reason.data(), reason.size()));
  if (request == nullptr) return error(ErrorCode::kInvalidConfig, what + ": " + reason.data());
  for (const auto& [name, value] : settings) {
    rd_kafka_NewTopic_set_config(request.get(), name.c_str(), value.c_str());
  }
  const AdminOptionsPtr options(
      rd_kafka_AdminOptions_new((*client)->get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
  // Without a wait for the operation the topic might exist only a moment after the answer.
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), kQuestionTimeoutMs, reason.data(),
                                              reason.size());
  const QueuePtr queue(rd_kafka_queue_new((*client)->get()));
  rd_kafka_NewTopic_t* requests[] = {request.get()};
  rd_kafka_CreateTopics((*client)->get(), requests, 1, options.get(), queue.get());
  const EventPtr event(rd_kafka_queue_poll(queue.get(), 2 * kQuestionTimeoutMs));
  const int asked =
      event == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event.get());
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected<Error>((*client)->reason_of(kafka_error(asked, what, kRight)));
  }
  const rd_kafka_CreateTopics_result_t* result = rd_kafka_event_CreateTopics_result(event.get());
  std::size_t count = 0;
  const rd_kafka_topic_result_t** topics = rd_kafka_CreateTopics_result_topics(result, &count);
  if (count != 1) return error(ErrorCode::kUnavailable, what + ": an answer without the topic");
  const rd_kafka_resp_err_t outcome = rd_kafka_topic_result_error(topics[0]);
  if (outcome == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    const Result<std::int32_t> there = topic_partition_count((*client)->get(), topic);
    if (!there) return tl::unexpected<Error>(there.error());
    if (*there == partition_count) return {};
    return error(ErrorCode::kInvalidConfig,
                 what + ": it exists already, with " + std::to_string(*there) + " partitions");
  }
  if (outcome != RD_KAFKA_RESP_ERR_NO_ERROR) return failed_question(outcome, what, kRight);
  return wait_until_known((*client)->get(), topic, partition_count);
}

}  // namespace freshet::pipeline
