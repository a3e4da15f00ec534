#include "pipeline/kafka/kafka_producer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "common/check.h"
#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_resources.h"
#include "pipeline/kafka/kafka_topics.h"
#include "pipeline/kafka/record_size.h"

namespace freshet::pipeline {
namespace {

constexpr std::chrono::milliseconds kRoomWait{1'000};
constexpr int kRoomPollMs = 10;
// Delivery reports are taken up once per this many records; a report is small.
constexpr std::size_t kSendsPerPoll = 64;

tl::unexpected<Error> refused_topic(const std::string& name) {
  return tl::unexpected<Error>(kafka_error(rd_kafka_last_error(), "topic " + name));
}

// produceva never writes through these pointers; its struct just lacks the const.
void* mutable_bytes(std::string_view bytes) { return const_cast<char*>(bytes.data()); }

// A null pointer is a null key or value, which a default string_view would become too.
std::string_view not_null(std::string_view bytes) { return bytes.data() == nullptr ? "" : bytes; }

}  // namespace

KafkaProducer::KafkaProducer(KafkaOptions options, KafkaLog log)
    : options_(std::move(options)), log_(std::move(log)) {}

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::create(const KafkaOptions& options,
                                                             KafkaLog log) {
  std::unique_ptr<KafkaProducer> producer(new KafkaProducer(options, std::move(log)));
  if (Status connected = producer->connect(); !connected) {
    return tl::unexpected<Error>(connected.error());
  }
  return producer;
}

KafkaProducer::~KafkaProducer() { disconnect(); }

// Makes a client of options_, with the topics that were open already.
Status KafkaProducer::connect() {
  auto handle = KafkaHandle::create(KafkaHandle::Role::kProducer, options_, log_, this);
  if (!handle) return tl::unexpected<Error>(handle.error());
  handle_ = std::move(*handle);
  for (OpenTopic& topic : topics_) {
    topic.handle = rd_kafka_topic_new(handle_->get(), topic.name.c_str(), nullptr);
    if (topic.handle == nullptr) return refused_topic(topic.name);
  }
  return {};
}

void KafkaProducer::disconnect() {
  for (OpenTopic& topic : topics_) {
    if (topic.handle != nullptr) rd_kafka_topic_destroy(topic.handle);
    topic.handle = nullptr;
  }
  if (handle_ != nullptr) handle_->detach_events();
  handle_.reset();
}

Result<KafkaTopic> KafkaProducer::open_topic(const std::string& name,
                                             std::optional<std::size_t> known_bytes_max) {
  FRESHET_CHECK(sends_ == 0);
  const Result<std::int32_t> count = topic_partition_count(handle_.get(), name);
  if (!count) return tl::unexpected<Error>(count.error());
  Result<std::size_t> bytes_max = known_bytes_max ? Result<std::size_t>(*known_bytes_max)
                                                  : topic_message_bytes_max(handle_->get(), name);
  if (!bytes_max) {
    if (bytes_max.error().code == ErrorCode::kUnavailable) {
      return tl::unexpected<Error>(bytes_max.error());
    }
    handle_->log(
        kKafkaLogWarning,
        bytes_max.error().message +
            "; until then a record that is larger than the topic takes stops the worker instead of "
            "becoming a dead letter");
    bytes_max = std::numeric_limits<std::size_t>::max();
  }
  rd_kafka_topic_t* topic = rd_kafka_topic_new(handle_->get(), name.c_str(), nullptr);
  if (topic == nullptr) return refused_topic(name);
  topics_.push_back({name, *bytes_max, topic});
  if (Status kept = keep_batches_below(topics_.back()); !kept) {
    return tl::unexpected<Error>(kept.error());
  }
  return KafkaTopic{topics_.size() - 1, *count};
}

// librdkafka knows only one bound for all topics, and none that could be changed later.
Status KafkaProducer::keep_batches_below(const OpenTopic& topic) {
  const auto batch_bytes = static_cast<std::size_t>(handle_->number_option("batch.size"));
  if (batch_bytes <= topic.bytes_max) return {};
  handle_->log(kKafkaLogWarning,
               "topic " + topic.name + ": max.message.bytes is " + std::to_string(topic.bytes_max) +
                   ", so the batches for all topics are kept below that, and writing is slower; "
                   "raise it to " +
                   std::to_string(batch_bytes) + " or more");
  options_.emplace_back("batch.size", std::to_string(topic.bytes_max));
  disconnect();
  return connect();
}

Status KafkaProducer::send(const KafkaMessage& message) {
  FRESHET_CHECK(message.topic.index < topics_.size());
  const OpenTopic& topic = topics_[message.topic.index];
  const std::size_t bytes = batch_bytes_of(message.key, message.value, message.headers);
  if (bytes > topic.bytes_max) {
    return error(ErrorCode::kBadRecord,
                 "a record for topic " + topic.name + " takes " + std::to_string(bytes) +
                     " bytes, the topic's max.message.bytes is " + std::to_string(topic.bytes_max) +
                     "; raise it where such records are wanted");
  }
  if (++sends_ % kSendsPerPoll == 0) rd_kafka_poll(handle_->get(), 0);
  const auto deadline = std::chrono::steady_clock::now() + kRoomWait;
  int refusal = hand_over(message);
  while (refusal == RD_KAFKA_RESP_ERR__QUEUE_FULL && std::chrono::steady_clock::now() < deadline) {
    rd_kafka_poll(handle_->get(), kRoomPollMs);
    refusal = hand_over(message);
  }
  if (refusal == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (Status permanent = permanent_error(); !permanent) return permanent;
  return tl::unexpected<Error>(kafka_error(refusal, "a record for topic " + topic.name));
}

// Returns the librdkafka error, or 0 when the record was taken.
int KafkaProducer::hand_over(const KafkaMessage& message) {
  std::array<rd_kafka_vu_t, 8> arguments{};
  std::size_t count = 0;
  const auto add = [&](rd_kafka_vtype_t type) -> auto& {
    arguments[count].vtype = type;
    return arguments[count++].u;
  };
  add(RD_KAFKA_VTYPE_RKT).rkt = topics_[message.topic.index].handle;
  add(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  add(RD_KAFKA_VTYPE_PARTITION).i32 =
      message.partition ? message.partition->value : RD_KAFKA_PARTITION_UA;
  if (message.key) {
    auto& key = add(RD_KAFKA_VTYPE_KEY);
    key.mem = {mutable_bytes(not_null(*message.key)), message.key->size()};
  }
  if (message.value) {
    auto& value = add(RD_KAFKA_VTYPE_VALUE);
    value.mem = {mutable_bytes(not_null(*message.value)), message.value->size()};
  }
  if (message.timestamp) add(RD_KAFKA_VTYPE_TIMESTAMP).i64 = message.timestamp->ms;
  add(RD_KAFKA_VTYPE_OPAQUE).ptr = message.behind;
  HeadersPtr headers;
  if (!message.headers.empty()) {
    headers.reset(rd_kafka_headers_new(message.headers.size()));
    for (const Header& header : message.headers) {
      rd_kafka_header_add(headers.get(), header.name.data(),
                          static_cast<ssize_t>(header.name.size()), header.value.data(),
                          static_cast<ssize_t>(header.value.size()));
    }
    add(RD_KAFKA_VTYPE_HEADERS).headers = headers.get();
  }
  const ErrorPtr refusal(rd_kafka_produceva(handle_->get(), arguments.data(), count));
  if (refusal != nullptr) return rd_kafka_error_code(refusal.get());
  static_cast<void>(headers.release());  // a record that is taken owns its headers
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void KafkaProducer::on_delivery(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    auto* behind = static_cast<std::optional<Position>*>(message._private);
    if (behind != nullptr) *behind = position_after(Offset{message.offset});
    return;
  }
  if (refused_) return;
  refused_ =
      kafka_error(message.err,
                  std::string("a record for topic ") + rd_kafka_topic_name(message.rkt) +
                      " partition " + std::to_string(message.partition) + " was not delivered",
                  "Write on the topic");
  // Flushing again would not bring the record back; reading its source again does.
  if (refused_->code == ErrorCode::kUnavailable) refused_->code = ErrorCode::kFenced;
  if (refused_->code == ErrorCode::kBadRecord) refused_->code = ErrorCode::kFatal;
}

Status KafkaProducer::flush(std::chrono::milliseconds timeout) {
  const rd_kafka_resp_err_t flushed =
      rd_kafka_flush(handle_->get(), static_cast<int>(timeout.count()));
  if (Status permanent = permanent_error(); !permanent) return permanent;
  if (refused_) return tl::unexpected<Error>(*refused_);
  if (flushed != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected<Error>(kafka_error(
        flushed,
        std::to_string(rd_kafka_outq_len(handle_->get())) + " records are not acknowledged yet"));
  }
  return {};
}

// Outages are left out: records wait them out, and flush() says that they do.
Status KafkaProducer::permanent_error() {
  Status health = handle_->take_error();
  if (!health && health.error().code == ErrorCode::kUnavailable) return {};
  return health;
}

}  // namespace freshet::pipeline
