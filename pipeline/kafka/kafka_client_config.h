// What librdkafka is told, option by option. Nothing that a guarantee hangs on is left to a
// default.
//
// The user's `kafka.client` options come last and win; the parser of the configuration has refused
// those that would break a guarantee. Options of the other role are left out, because librdkafka
// would warn about each of them.
// Errors:  none; KafkaHandle::create reports options that librdkafka refuses
// Threads: free functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/config/config.h"

namespace freshet::pipeline {

// Takes librdkafka's log lines; `level` is syslog's (3 error, 4 warning, 5 notice, 6 info, 7
// debug). Called from librdkafka's own threads, so it must be safe to call from any; it must not
// throw.
using KafkaLog = std::function<void(int level, std::string_view line)>;
inline constexpr int kKafkaLogError = 3;
inline constexpr int kKafkaLogWarning = 4;
inline constexpr int kKafkaLogInfo = 6;
inline constexpr int kKafkaLogDebug = 7;

struct KafkaTransportOptions {
  std::string client_id = "freshet";
  // The group's static member name: a restarted worker that gives it has its partitions back at
  // once, and close() does not leave the group. None is a dynamic member.
  std::optional<std::string> instance_id;
  // What the brokers know the thread's transactions by: the next client under the same one ends
  // what this one has left open. None: the instance id, else a name that nobody else has.
  std::optional<std::string> transactional_id;
  KafkaLog log;
  // max.message.bytes of the topics that are written to, for a broker that cannot be asked for it,
  // as MockBroker; none: it is asked.
  std::optional<std::size_t> topic_bytes_max;
};

using KafkaOptions = std::vector<std::pair<std::string, std::string>>;

KafkaOptions consumer_options(const WorkerConfig& config, const KafkaTransportOptions& transport);
KafkaOptions producer_options(const WorkerConfig& config, const KafkaTransportOptions& transport);

// The producer of transactions, where there are any: whatever is exactly once or has a changelog.
bool has_transactions(const WorkerConfig& config);
KafkaOptions transaction_options(const WorkerConfig& config,
                                 const KafkaTransportOptions& transport);
// So long may a dead worker's transaction keep others waiting, and a living one pause.
std::int64_t transaction_timeout_ms(const WorkerConfig& config);
// The largest record that it hands over: any of the changelog, unless kafka.client says less.
std::size_t transaction_message_bytes_max(const WorkerConfig& config);

// A consumer without a group that reads partitions to their end: what `dump` uses.
KafkaOptions reader_options(const WorkerConfig& config, std::string_view client_id);

// The same for many records as fast as they come: what restores a partition.
KafkaOptions changelog_reader_options(const WorkerConfig& config, std::string_view client_id);

}  // namespace freshet::pipeline
