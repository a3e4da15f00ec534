// ClickSender: writes clicks to an application's input topic, each under a number that its score
// gives back as the event's id.
//
// A click waits for others up to a millisecond (linger.ms 1), which is part of its latency. The
// producer is not idempotent: where it has to try again, a click may be there twice.
// Errors:  as pipeline/kafka/kafka_producer.h
// Threads: one. Cost: one short text, copied
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/random.h"
#include "pipeline/config/config.h"
#include "pipeline/kafka/kafka_producer.h"

namespace freshet::bench {

struct Audience {
  std::size_t users = 0;  // drawn evenly
  std::size_t items = 0;  // the same, of those that `freshet model init --item-count` names
  std::uint64_t seed = 1;
};

class ClickSender {
 public:
  static Result<ClickSender> create(const pipeline::WorkerConfig& config, const Audience& audience);

  // Waits while the producer has no room.
  Status send(std::uint64_t click);
  // Returns when every click is acknowledged; kUnavailable where one is not after a minute.
  Status flush();

 private:
  ClickSender(const Audience& audience, std::unique_ptr<pipeline::KafkaProducer> producer,
              pipeline::KafkaTopic topic);

  Audience audience_;
  Random random_;
  std::unique_ptr<pipeline::KafkaProducer> producer_;
  pipeline::KafkaTopic topic_;
  std::string user_;
  std::string value_;
};

// The number of the click that a score event is of; none in any other text.
std::optional<std::uint64_t> click_of(std::string_view score_event);

}  // namespace freshet::bench
