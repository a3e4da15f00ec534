#include "bench/latency/click_sender.h"

#include <charconv>
#include <chrono>
#include <utility>

#include "common/clock.h"
#include "pipeline/log/log.h"

namespace freshet::bench {
namespace {

constexpr std::chrono::milliseconds kFlushWait{1'000};
constexpr int kFlushTries = 60;
constexpr std::string_view kEventId = "\"event_id\":\"c";

}  // namespace

ClickSender::ClickSender(const Audience& audience,
                         std::unique_ptr<pipeline::KafkaProducer> producer,
                         pipeline::KafkaTopic topic)
    : audience_(audience), random_(audience.seed), producer_(std::move(producer)), topic_(topic) {}

Result<ClickSender> ClickSender::create(const pipeline::WorkerConfig& config,
                                        const Audience& audience) {
  pipeline::WorkerConfig soon = config;
  soon.kafka.client["linger.ms"] = "1";
  // librdkafka 2.0's idempotent producer spins while requests are under way and the next is due,
  // which would take a core from those who are measured.
  soon.kafka.client["enable.idempotence"] = "false";
  soon.kafka.client["max.in.flight"] = "1";
  pipeline::KafkaTransportOptions transport;
  transport.client_id = "clicks";
  transport.log = pipeline::log_syslog;
  auto producer = pipeline::KafkaProducer::create(producer_options(soon, transport), transport.log);
  if (!producer) return tl::unexpected<Error>(producer.error());
  const Result<pipeline::KafkaTopic> topic = (*producer)->open_topic(config.kafka.input);
  if (!topic) return tl::unexpected<Error>(topic.error());
  return ClickSender(audience, std::move(*producer), *topic);
}

Status ClickSender::send(std::uint64_t click) {
  user_ = "u" + std::to_string(random_.below(audience_.users));
  value_ = "{";
  value_ += kEventId;
  value_ += std::to_string(click);
  value_ += "\",\"user_id\":\"" + user_ + "\",\"item_id\":\"";
  value_ += std::to_string(random_.below(audience_.items));
  value_ += "\",\"ts\":" + std::to_string(SystemClock().now().ms) + ",\"type\":\"click\"}";
  pipeline::KafkaMessage message;
  message.topic = topic_;
  message.key = user_;
  message.value = value_;
  Status sent = producer_->send(message);
  while (!sent && sent.error().code == ErrorCode::kUnavailable) sent = producer_->send(message);
  return sent;
}

Status ClickSender::flush() {
  Status flushed = producer_->flush(kFlushWait);
  for (int i = 1; i < kFlushTries && !flushed && flushed.error().code == ErrorCode::kUnavailable;
       ++i) {
    flushed = producer_->flush(kFlushWait);
  }
  return flushed;
}

std::optional<std::uint64_t> click_of(std::string_view score_event) {
  const std::size_t at = score_event.find(kEventId);
  if (at == score_event.npos) return std::nullopt;
  const std::string_view digits = score_event.substr(at + kEventId.size());
  std::uint64_t click = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), click);
  if (read.ec != std::errc()) return std::nullopt;
  return click;
}

}  // namespace freshet::bench
