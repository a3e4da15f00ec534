#include "pipeline/kafka/kafka_client_config.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <random>

#include "pipeline/kafka/changelog_topic.h"
#include "pipeline/memory_split.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kMessageBytesMax = 1'000'000;

KafkaOptions common_options(const WorkerConfig& config, std::string_view client_id) {
  return {
      {"bootstrap.servers", config.kafka.bootstrap},
      {"client.id", std::string(client_id)},
      {"allow.auto.create.topics", "false"},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      {"log.connection.close", "false"},
      {"statistics.interval.ms", "0"},
  };
}

// This thread's share of a part of the budget.
std::size_t share_of(std::size_t bytes, const WorkerConfig& config) {
  return bytes / std::max<std::size_t>(config.threads, 1);
}

// The largest message that the client sends, as the user or librdkafka's default has it.
std::size_t message_bytes_max(const WorkerConfig& config) {
  std::size_t bytes = kMessageBytesMax;
  const auto wanted = config.kafka.client.find("message.max.bytes");
  if (wanted == config.kafka.client.end()) return bytes;
  const std::string& text = wanted->second;  // librdkafka judges it
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  return bytes;
}

QueueBounds input_queue(const WorkerConfig& config) {
  return queue_bounds(share_of(split_memory(config.memory_budget_mb).input_queue_bytes, config));
}

KafkaOptions fetch_options(const WorkerConfig& config) {
  const QueueBounds queue = input_queue(config);
  return {
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      // A position outside the log is data that is gone: never skipped silently.
      {"auto.offset.reset", "error"},
      {"isolation.level", "read_committed"},
      {"check.crcs", "true"},
      {"queued.min.messages", std::to_string(queue.messages)},
      {"queued.max.messages.kbytes", std::to_string(queue.kbytes)},
      // The least that librdkafka takes: one fetch of each broker is decoded beside the queue, and
      // clicks in JSON grow fivefold by that.
      {"fetch.max.bytes", std::to_string(message_bytes_max(config))},
      // The broker answers as soon as there is a byte; the wait bounds how long a partition that
      // has just been assigned waits behind a fetch without it.
      {"fetch.min.bytes", "1"},
      {"fetch.wait.max.ms", "50"},
      {"fetch.error.backoff.ms", "100"},
  };
}

// Options that only one role knows, as they occur in users' configurations. One that is not here
// reaches both roles, and librdkafka's log says where it had no effect.
bool is_consumer_only(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "session.timeout.ms",      "heartbeat.interval.ms",  "max.poll.interval.ms",
      "queued.min.messages",     "fetch.wait.max.ms",      "queued.max.messages.kbytes",
      "fetch.min.bytes",         "fetch.max.bytes",        "max.partition.fetch.bytes",
      "fetch.message.max.bytes", "fetch.error.backoff.ms", "check.crcs"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool is_producer_only(std::string_view name) {
  static constexpr std::string_view kNames[] = {"linger.ms",
                                                "queue.buffering.max.ms",
                                                "queue.buffering.max.messages",
                                                "queue.buffering.max.kbytes",
                                                "compression.codec",
                                                "compression.type",
                                                "compression.level",
                                                "batch.size",
                                                "batch.num.messages",
                                                "request.timeout.ms",
                                                "transaction.timeout.ms",
                                                "retry.backoff.ms"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

void append(KafkaOptions* options, const KafkaOptions& more) {
  options->insert(options->end(), more.begin(), more.end());
}

void append_users(KafkaOptions* options, const WorkerConfig& config,
                  bool (*belongs_to_other_role)(std::string_view)) {
  for (const auto& [name, value] : config.kafka.client) {
    if (!belongs_to_other_role(name)) options->emplace_back(name, value);
  }
}

}  // namespace

KafkaOptions consumer_options(const WorkerConfig& config, const KafkaTransportOptions& transport) {
  KafkaOptions options = common_options(config, transport.client_id);
  append(&options, fetch_options(config));
  append(&options, {{"group.id", config.application_id},
                    // Eager, and one owner for neighbouring partitions whatever the member order.
                    {"partition.assignment.strategy", "range"},
                    {"session.timeout.ms", "45000"},
                    {"heartbeat.interval.ms", "3000"},
                    {"max.poll.interval.ms", "300000"},
                    // How known_end() learns that only control records are left.
                    {"enable.partition.eof", "true"}});
  if (transport.instance_id) options.emplace_back("group.instance.id", *transport.instance_id);
  append_users(&options, config, is_producer_only);
  return options;
}

namespace {

// Of one thread: outputs and transactions, each where there are any.
std::size_t producer_count(const WorkerConfig& config) {
  return config.delivery == Delivery::kAtLeastOnce && has_transactions(config) ? 2 : 1;
}

KafkaOptions writing_options(const WorkerConfig& config, const KafkaTransportOptions& transport,
                             std::size_t message_bytes) {
  const std::size_t bytes = split_memory(config.memory_budget_mb).output_queue_bytes;
  const QueueBounds queue = queue_bounds(share_of(bytes, config) / producer_count(config));
  // A message that the queue cannot hold would wait for ever.
  const std::size_t kbytes = std::max(queue.kbytes, 2 * message_bytes / 1024);
  KafkaOptions options = common_options(config, transport.client_id);
  append(&options,
         {{"enable.idempotence", "true"},
          {"acks", "all"},
          // librdkafka 2.0's idempotent producer spins while a partition has five requests under
          // way and its next batch is due. Brokers take a connection's requests one by one anyway.
          {"max.in.flight", "1"},
          // A record is never given up: flush() reports the delay, and nothing is lost.
          {"message.timeout.ms", "0"},
          {"message.max.bytes", std::to_string(message_bytes)},
          // As Java's default partitioner: the same key in the same partition everywhere.
          {"partitioner", "murmur2"},
          // A third of the bytes for a tenth to a fifth more CPU (docs/performance.md, "Payload").
          {"compression.codec", "lz4"},
          {"linger.ms", "5"},
          {"queue.buffering.max.messages", std::to_string(queue.messages)},
          {"queue.buffering.max.kbytes", std::to_string(kbytes)}});
  return options;
}

}  // namespace

KafkaOptions producer_options(const WorkerConfig& config, const KafkaTransportOptions& transport) {
  KafkaOptions options = writing_options(config, transport, message_bytes_max(config));
  // What no commit holds back waits less here, too (docs/performance.md, "Latency").
  if (config.delivery == Delivery::kAtLeastOnce) options.emplace_back("linger.ms", "2");
  append_users(&options, config, is_consumer_only);
  return options;
}

bool has_transactions(const WorkerConfig& config) {
  return config.changelog || config.delivery == Delivery::kExactlyOnce;
}

namespace {

std::string name_of_its_own(const WorkerConfig& config) {
  std::random_device entropy;
  std::string name = config.application_id;
  for (int i = 0; i < 4; ++i) name += "-" + std::to_string(entropy());
  return name;
}

}  // namespace

std::int64_t transaction_timeout_ms(const WorkerConfig& config) {
  constexpr std::int64_t kUsual = 15'000;
  constexpr std::int64_t kBesideInterval = 10'000;
  const auto chosen = config.kafka.client.find("transaction.timeout.ms");
  // A text that is no number is librdkafka's to refuse.
  if (chosen != config.kafka.client.end()) return std::atoll(chosen->second.c_str());
  return std::max(kUsual, config.commit.interval.value + kBesideInterval);
}

std::size_t transaction_message_bytes_max(const WorkerConfig& config) {
  const std::size_t bytes = message_bytes_max(config);
  const bool is_chosen = config.kafka.client.contains("message.max.bytes");
  return is_chosen || !config.changelog ? bytes
                                        : std::max(bytes, changelog_record_bytes_max(config));
}

KafkaOptions transaction_options(const WorkerConfig& config,
                                 const KafkaTransportOptions& transport) {
  std::string id;
  if (transport.transactional_id) {
    id = *transport.transactional_id;
  } else {
    id = transport.instance_id ? *transport.instance_id : name_of_its_own(config);
  }
  KafkaOptions options = writing_options(config, transport, transaction_message_bytes_max(config));
  append(&options, {{"transactional.id", std::move(id)},
                    {"transaction.timeout.ms", std::to_string(transaction_timeout_ms(config))}});
  append_users(&options, config, is_consumer_only);
  return options;
}

namespace {

KafkaOptions reading_options(const WorkerConfig& config, std::string_view client_id) {
  KafkaOptions options = common_options(config, client_id);
  append(&options, fetch_options(config));
  // librdkafka asks every consumer for a group name; this one never joins nor commits.
  append(&options,
         {{"group.id", config.application_id + "-reader"}, {"enable.partition.eof", "true"}});
  return options;
}

}  // namespace

KafkaOptions reader_options(const WorkerConfig& config, std::string_view client_id) {
  KafkaOptions options = reading_options(config, client_id);
  append_users(&options, config, is_producer_only);
  return options;
}

KafkaOptions changelog_reader_options(const WorkerConfig& config, std::string_view client_id) {
  // A fetch may overshoot the queue by its own size, so it is a small part of it.
  constexpr std::size_t kFetchesAQueue = 8;
  constexpr std::size_t kFetchBytesMost = std::size_t{32} << 20;
  const std::size_t fetch =
      std::max(std::min(input_queue(config).kbytes * 1024 / kFetchesAQueue, kFetchBytesMost),
               message_bytes_max(config));
  KafkaOptions options = reading_options(config, client_id);
  append(&options, {{"fetch.max.bytes", std::to_string(fetch)},
                    {"fetch.message.max.bytes", std::to_string(fetch)}});
  append_users(&options, config, is_producer_only);
  return options;
}

}  // namespace freshet::pipeline
