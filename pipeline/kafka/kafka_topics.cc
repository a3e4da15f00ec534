#include "pipeline/kafka/kafka_topics.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <charconv>
#include <memory>
#include <span>
#include <string_view>

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

namespace {

// What the brokers say of the topic: an error of its own, or its partitions.
struct TopicAnswer {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::int32_t partition_count = 0;
};

Result<TopicAnswer> ask_for_topic(rd_kafka_s* client, const std::string& topic,
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
  return TopicAnswer{metadata->topics[0].err, metadata->topics[0].partition_cnt};
}

}  // namespace

Result<std::int32_t> topic_partition_count(rd_kafka_s* client, const std::string& topic,
                                           std::chrono::milliseconds timeout) {
  const Result<TopicAnswer> answer = ask_for_topic(client, topic, timeout);
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->error == RD_KAFKA_RESP_ERR_NO_ERROR) return answer->partition_count;
  return failed_question(answer->error, "topic " + topic);
}

Result<std::optional<std::int32_t>> find_topic(rd_kafka_s* client, const std::string& topic) {
  const Result<TopicAnswer> answer = ask_for_topic(client, topic, kKafkaQuestionTimeout);
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->error == RD_KAFKA_RESP_ERR_NO_ERROR) return {answer->partition_count};
  if (answer->error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return {std::nullopt};
  return failed_question(answer->error, "topic " + topic);
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

std::optional<std::int64_t> number_of(const TopicSettings& settings, std::string_view name) {
  const auto setting = settings.find(name);
  if (setting == settings.end()) return std::nullopt;
  const std::string& text = setting->second;
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<std::size_t> topic_message_bytes_max(rd_kafka_s* client, const std::string& topic) {
  const Result<TopicSettings> settings = topic_settings(client, topic);
  if (!settings) return tl::unexpected<Error>(settings.error());
  const std::optional<std::int64_t> bytes = number_of(*settings, "max.message.bytes");
  if (bytes && *bytes >= 0) return static_cast<std::size_t>(*bytes);
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

Result<std::optional<Position>> position_for_time(rd_kafka_s* client, const std::string& topic,
                                                  Partition partition, EventTime time) {
  const std::string what =
      "positions by time of topic " + topic + " partition " + std::to_string(partition.value);
  const PartitionList list = make_partition_list(topic, {&partition, 1});
  rd_kafka_topic_partition_t& element = elements_of(list.get()).front();
  element.offset = time.ms;
  const rd_kafka_resp_err_t asked =
      rd_kafka_offsets_for_times(client, list.get(), kQuestionTimeoutMs);
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return failed_question(asked, what);
  if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR) return failed_question(element.err, what);
  if (element.offset < 0) return std::nullopt;
  return Position{element.offset};
}

}  // namespace freshet::pipeline
