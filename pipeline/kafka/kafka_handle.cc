#include "pipeline/kafka/kafka_handle.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <utility>

#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_resources.h"

namespace freshet::pipeline {
namespace {

constexpr int kLogLevelError = 3;

}  // namespace

struct KafkaHandle::Callbacks {
  static void log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
    const auto* self = static_cast<const KafkaHandle*>(rd_kafka_opaque(client));
    if (self != nullptr && self->log_) self->log_(level, std::string(facility) + ": " + text);
  }

  static void error(rd_kafka_t*, int rd_error, const char* reason, void* opaque) {
    static_cast<KafkaHandle*>(opaque)->note_error(rd_error, reason);
  }

  static void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t rd_error,
                        rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    KafkaEvents* events = static_cast<KafkaHandle*>(opaque)->events_;
    if (events != nullptr) {
      events->on_rebalance(rd_error, partitions);
    } else {
      rd_kafka_assign(client, nullptr);
    }
  }

  static void delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    KafkaEvents* events = static_cast<KafkaHandle*>(opaque)->events_;
    if (events != nullptr) events->on_delivery(*message);
  }
};

KafkaHandle::KafkaHandle(KafkaLog log, KafkaEvents* events)
    : log_(std::move(log)), events_(events) {}

KafkaHandle::~KafkaHandle() {
  // Without the flag this would leave the group, in a place where nobody can commit any more.
  if (client_ != nullptr) {
    rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
}

Result<std::shared_ptr<KafkaHandle>> KafkaHandle::create(Role role, const KafkaOptions& options,
                                                         KafkaLog log, KafkaEvents* events) {
  std::array<char, 512> reason{};
  ConfPtr conf(rd_kafka_conf_new());
  for (const auto& [name, value] : options) {
    const rd_kafka_conf_res_t result =
        rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason.data(), reason.size());
    if (result != RD_KAFKA_CONF_OK) {
      return freshet::error(ErrorCode::kInvalidConfig,
                            "kafka.client: option " + name + " is refused: " + reason.data());
    }
  }
  std::shared_ptr<KafkaHandle> handle(new KafkaHandle(std::move(log), events));
  rd_kafka_conf_set_opaque(conf.get(), handle.get());
  rd_kafka_conf_set_log_cb(conf.get(), Callbacks::log);
  rd_kafka_conf_set_error_cb(conf.get(), Callbacks::error);
  const bool consumer = role == Role::kConsumer;
  if (consumer) {
    rd_kafka_conf_set_rebalance_cb(conf.get(), Callbacks::rebalance);
  } else {
    rd_kafka_conf_set_dr_msg_cb(conf.get(), Callbacks::delivery);
  }
  handle->client_ = rd_kafka_new(consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf.get(),
                                 reason.data(), reason.size());
  if (handle->client_ == nullptr) {
    return freshet::error(
        ErrorCode::kInvalidConfig,
        std::string("kafka.client: librdkafka refuses the options: ") + reason.data());
  }
  static_cast<void>(conf.release());  // rd_kafka_new took it
  // Everything that concerns a consumer, errors too, then comes out of its one queue.
  if (consumer) rd_kafka_poll_set_consumer(handle->client_);
  return handle;
}

void KafkaHandle::note_error(int rd_error, const std::string& reason) {
  if (log_) log_(kLogLevelError, reason);
  // A single broker or connection failing is the client's own business: it tries another. A fatal
  // error is asked for where errors are taken.
  if (rd_error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
      kafka_error_code(rd_error) == ErrorCode::kInvalidConfig) {
    error_ = kafka_error(rd_error, reason);
  }
}

Status KafkaHandle::take_error() {
  std::array<char, 512> text{};
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_, text.data(), text.size());
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Error error = kafka_error(fatal, std::string("the Kafka client cannot go on: ") + text.data());
    // A fatal error has no retry, whatever its code would mean elsewhere.
    if (error.code != ErrorCode::kFenced) error.code = ErrorCode::kFatal;
    return tl::unexpected<Error>(std::move(error));
  }
  if (!error_) return {};
  Error taken = std::move(*error_);
  error_.reset();
  return tl::unexpected<Error>(std::move(taken));
}

}  // namespace freshet::pipeline
