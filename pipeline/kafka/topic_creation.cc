#include "pipeline/kafka/topic_creation.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <string_view>
#include <thread>

#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_handle.h"
#include "pipeline/kafka/kafka_resources.h"
#include "pipeline/kafka/kafka_topics.h"

namespace freshet::pipeline {
namespace {

constexpr int kQuestionTimeoutMs = static_cast<int>(kKafkaQuestionTimeout.count());
constexpr std::string_view kRight = "Create on the cluster or the topic";

// The controller answers before the brokers have heard of the topic.
Status wait_until_known(rd_kafka_s* client, const NewTopic& topic) {
  const auto deadline = std::chrono::steady_clock::now() + kKafkaQuestionTimeout;
  while (true) {
    const Result<std::int32_t> known = topic_partition_count(client, topic.name);
    if (known && *known == topic.partition_count) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      return error(ErrorCode::kUnavailable,
                   "topic " + topic.name + ": the brokers do not know it yet");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// What became of the one topic.
struct Outcome {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string reason;  // the brokers' words
};

Result<Outcome> ask(KafkaHandle* client, const NewTopic& topic, bool only_try) {
  const std::string what = "creating topic " + topic.name;
  std::array<char, 512> reason{};
  const NewTopicPtr request(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partition_count,
                                                  topic.replicas, reason.data(), reason.size()));
  if (request == nullptr) return error(ErrorCode::kInvalidConfig, what + ": " + reason.data());
  for (const auto& [name, value] : topic.settings) {
    rd_kafka_NewTopic_set_config(request.get(), name.c_str(), value.c_str());
  }
  const AdminOptionsPtr options(
      rd_kafka_AdminOptions_new(client->get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_validate_only(options.get(), only_try ? 1 : 0, reason.data(),
                                          reason.size());
  // Without a wait for the operation the topic might exist only a moment after the answer.
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), kQuestionTimeoutMs, reason.data(),
                                              reason.size());
  const QueuePtr queue(rd_kafka_queue_new(client->get()));
  rd_kafka_NewTopic_t* requests[] = {request.get()};
  rd_kafka_CreateTopics(client->get(), requests, 1, options.get(), queue.get());
  const EventPtr event(rd_kafka_queue_poll(queue.get(), 2 * kQuestionTimeoutMs));
  const int asked =
      event == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event.get());
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected<Error>(client->reason_of(kafka_error(asked, what, kRight)));
  }
  const rd_kafka_CreateTopics_result_t* result = rd_kafka_event_CreateTopics_result(event.get());
  std::size_t count = 0;
  const rd_kafka_topic_result_t** topics = rd_kafka_CreateTopics_result_topics(result, &count);
  if (count != 1) return error(ErrorCode::kUnavailable, what + ": an answer without the topic");
  const char* words = rd_kafka_topic_result_error_string(topics[0]);
  return Outcome{rd_kafka_topic_result_error(topics[0]), words == nullptr ? "" : words};
}

Status create(const WorkerConfig& config, const NewTopic& topic, bool only_try) {
  const std::string what = "creating topic " + topic.name;
  auto client = KafkaHandle::create(KafkaHandle::Role::kProducer, producer_options(config, {}),
                                    nullptr, nullptr);
  if (!client) return tl::unexpected<Error>(client.error());
  const Result<Outcome> outcome = ask(client->get(), topic, only_try);
  if (!outcome) return tl::unexpected<Error>(outcome.error());
  if (outcome->error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    const Result<std::int32_t> there = topic_partition_count((*client)->get(), topic.name);
    if (!there) return tl::unexpected<Error>(there.error());
    if (*there == topic.partition_count) return {};
    return error(ErrorCode::kInvalidConfig,
                 what + ": it exists already, with " + std::to_string(*there) + " partitions");
  }
  if (outcome->error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const std::string words = outcome->reason.empty() ? "" : ": " + outcome->reason;
    return tl::unexpected<Error>(kafka_error(outcome->error, what + words, kRight));
  }
  return only_try ? Status{} : wait_until_known((*client)->get(), topic);
}

}  // namespace

Status create_topic(const WorkerConfig& config, const NewTopic& topic) {
  return create(config, topic, false);
}

Status try_to_create_topic(const WorkerConfig& config, const NewTopic& topic) {
  return create(config, topic, true);
}

}  // namespace freshet::pipeline
