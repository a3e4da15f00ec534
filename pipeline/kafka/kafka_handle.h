// KafkaHandle: one librdkafka client (consumer or producer) and the callbacks that belong to it.
//
// Holds the callbacks' state, so it must live as long as anything of the client does: batches of
// records keep it through a shared_ptr. Destroying it never commits and never leaves the group, and
// takes a second at most: librdkafka 2.0 waits in its own destructor for every commit that it has
// not sent, for ever where no broker comes back. A client that is not gone by then is left to a
// thread of its own, silent, until it is or the process ends.
//
// Errors:  kInvalidConfig when librdkafka refuses an option (named), else the table of
//          pipeline/kafka/kafka_errors.h
// Threads: one, but for the log callback, which librdkafka's threads call
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/status.h"
#include "pipeline/kafka/kafka_client_config.h"

struct rd_kafka_s;
struct rd_kafka_message_s;
struct rd_kafka_topic_partition_list_s;

namespace freshet::pipeline {

// What a client reports from inside a librdkafka call. Implementations must not throw.
class KafkaEvents {
 public:
  virtual ~KafkaEvents() = default;
  // The group changed. The receiver only notes it: it acts once librdkafka has returned.
  virtual void on_rebalance(int rd_error, rd_kafka_topic_partition_list_s* partitions) = 0;
  virtual void on_delivery(const rd_kafka_message_s& message) = 0;
};

class KafkaHandle {
 public:
  enum class Role { kConsumer, kProducer };

  // `events` may be null, and must outlive the handle or be detached.
  static Result<std::shared_ptr<KafkaHandle>> create(Role role, const KafkaOptions& options,
                                                     KafkaLog log, KafkaEvents* events);
  ~KafkaHandle();
  KafkaHandle(const KafkaHandle&) = delete;
  KafkaHandle& operator=(const KafkaHandle&) = delete;

  rd_kafka_s* get() const;
  void detach_events();

  // An option as librdkafka has it. Requires: its value is a whole number.
  std::int64_t number_option(const char* name) const;

  // A line of our own, in the client's log.
  void log(int level, std::string_view line) const;

  // Tells the client that the brokers have answered it. Until then a refused login or certificate
  // is kInvalidConfig: the options are wrong. Later it is part of an outage, as while certificates
  // are renewed or a broker is on its way down.
  void note_answer();
  bool answered() const;
  // Why the client does not reach its brokers: the refused login or certificate, where one is the
  // reason, else `error`. Waits until each broker has failed for one reason or another, up to 10 s
  // after the client was made. Requires: no answer has been noted, no group been joined.
  Error reason_of(Error error);

  // What the client cannot go on from, if anything: the same at every call. That another member
  // fenced this one is kInvalidConfig, but kFenced where the client has met an outage before: the
  // other one may then be what the brokers kept of itself.
  Status fatal_error() const;
  // The client's own error since the last call, if any: all brokers down, a refused login, an
  // expired producer. A fatal one is reported by every call.
  Status take_error();

 private:
  struct Client;
  struct Callbacks;

  explicit KafkaHandle(std::shared_ptr<Client> client);

  // Runs the callbacks that are due, or due within the time.
  void serve(int wait_ms);

  std::shared_ptr<Client> client_;  // shared with the thread that destroys it
};

}  // namespace freshet::pipeline
