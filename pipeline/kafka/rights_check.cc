#include "pipeline/kafka/rights_check.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_handle.h"
#include "pipeline/kafka/kafka_resources.h"

namespace freshet::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kLookMs = 100;

// `rd_error` is what the request met, or RD_KAFKA_RESP_ERR_NO_ERROR where the right is there.
Finding finding_of(int rd_error, const std::string& where, const std::string& right) {
  if (rd_error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {FindingLevel::kOk, where, "the right " + right + " is there", ""};
  }
  if (is_missing_right(rd_error)) {
    return {FindingLevel::kError, where, "the right " + right + " is missing",
            "grant the client's principal " + right + " on " + where};
  }
  const Error error = kafka_error(rd_error, "the right " + right + " could not be tried");
  return {FindingLevel::kWarning, where, error.message, ""};
}

// Reads on until the topic's end, an error or the time is over.
int read_at_end(rd_kafka_t* client, const std::string& topic, milliseconds timeout) {
  const Partition first{0};
  const PartitionList list = make_partition_list(topic, {&first, 1});
  elements_of(list.get())[0].offset = RD_KAFKA_OFFSET_END;
  const rd_kafka_resp_err_t assigned = rd_kafka_assign(client, list.get());
  if (assigned != RD_KAFKA_RESP_ERR_NO_ERROR) return assigned;
  const auto deadline = steady_clock::now() + timeout;
  while (steady_clock::now() < deadline) {
    const MessagePtr message(rd_kafka_consumer_poll(client, kLookMs));
    // A reader neither needs its group nor may have a right to it.
    if (message == nullptr || message->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
      continue;
    }
    const bool read = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    return read ? RD_KAFKA_RESP_ERR_NO_ERROR : message->err;
  }
  return RD_KAFKA_RESP_ERR__TIMED_OUT;
}

// Keeps what became of the one record.
class DeliveryOutcome final : public KafkaEvents {
 public:
  void on_rebalance(int, rd_kafka_topic_partition_list_t*) override {}
  void on_delivery(const rd_kafka_message_t& message) override { outcome = message.err; }
  std::optional<int> outcome;
};

}  // namespace

Finding check_read(const WorkerConfig& config, const std::string& topic, milliseconds timeout) {
  const std::string where = "topic " + topic;
  const auto client = KafkaHandle::create(
      KafkaHandle::Role::kConsumer, reader_options(config, "freshet-check"), nullptr, nullptr);
  if (!client) return {FindingLevel::kError, where, client.error().message, ""};
  return finding_of(read_at_end((*client)->get(), topic, timeout), where, "Read");
}

// No broker takes `acks=2`: an authorized record is refused for that, before anything is written.
Finding check_write(const WorkerConfig& config, const std::string& topic, milliseconds timeout) {
  const std::string where = "topic " + topic;
  DeliveryOutcome delivery;
  KafkaOptions options = producer_options(config, {});
  options.emplace_back("enable.idempotence", "false");
  options.emplace_back("acks", "2");
  options.emplace_back("message.timeout.ms", std::to_string(timeout.count()));
  options.emplace_back("retries", "0");
  const auto client =
      KafkaHandle::create(KafkaHandle::Role::kProducer, options, nullptr, &delivery);
  if (!client) return {FindingLevel::kError, where, client.error().message, ""};
  const TopicPtr handle(rd_kafka_topic_new((*client)->get(), topic.c_str(), nullptr));
  if (handle == nullptr) return finding_of(rd_kafka_last_error(), where, "Write");
  if (rd_kafka_produce(handle.get(), 0, RD_KAFKA_MSG_F_COPY, nullptr, 0, nullptr, 0, nullptr) !=
      0) {
    return finding_of(rd_kafka_last_error(), where, "Write");
  }
  const auto deadline = steady_clock::now() + timeout;
  while (!delivery.outcome && steady_clock::now() < deadline) {
    rd_kafka_poll((*client)->get(), kLookMs);
  }
  int outcome = delivery.outcome.value_or(RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (outcome == RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS) outcome = RD_KAFKA_RESP_ERR_NO_ERROR;
  (*client)->detach_events();
  return finding_of(outcome, where, "Write");
}

Finding check_transactions(const WorkerConfig& config, milliseconds timeout) {
  const std::string id = config.application_id + "-check";
  const std::string where = "transactional id " + id;
  WorkerConfig asking = config;
  asking.kafka.client.erase("transaction.timeout.ms");
  KafkaTransportOptions transport;
  transport.transactional_id = id;
  KafkaOptions options = transaction_options(asking, transport);
  options.emplace_back("transaction.timeout.ms", std::to_string(INT32_MAX));
  const auto client = KafkaHandle::create(KafkaHandle::Role::kProducer, options, nullptr, nullptr);
  if (!client) return {FindingLevel::kError, where, client.error().message, ""};
  const ErrorPtr error(
      rd_kafka_init_transactions((*client)->get(), static_cast<int>(timeout.count())));
  int outcome = error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error.get());
  if (outcome == RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT) {
    outcome = RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  Finding finding = finding_of(outcome, where, "Write");
  if (finding.level == FindingLevel::kError) {
    finding.remedy =
        "grant the client's principal Write on the transactional ids that begin with " +
        config.application_id + "-";
  }
  return finding;
}

}  // namespace freshet::pipeline
