// WorkerConfig: what the one YAML file says, checked and with defaults filled in.
//
// The keys, their meanings, units, defaults and ranges stand in one table
// (pipeline/config/config_keys.cc) that parsing, `configs/worker.yaml` and the documentation share.
// Threads: immutable after parsing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/log_position.h"
#include "common/time.h"
#include "stateful/user_state.h"

namespace freshet::pipeline {

enum class KeyPolicy { kRequire, kTrust };       // input.key
enum class OffsetPolicy { kGaps, kContiguous };  // input.offsets
enum class TimeUnit { kMilliseconds, kSeconds, kMicroseconds, kRfc3339 };
std::string_view name_of(TimeUnit unit);  // as the file has it: "ms", "rfc3339"

enum class CandidateSource { kCatalogue, kPoolFile, kEvent };
enum class Delivery { kExactlyOnce, kAtLeastOnce };
enum class LogFormat { kText, kJson };

struct KafkaConfig {
  std::string bootstrap = "127.0.0.1:9092";
  std::string input = "clicks";
  std::string output = "scores";
  std::string dead_letter = "clicks-dead-letter";
  std::map<std::string, std::string> client;  // librdkafka options passed through
};

// One record of the input topic.
struct RecordPlace {
  Partition partition;
  Offset offset;
  auto operator<=>(const RecordPlace&) const = default;
};

// "3:1042": partition and offset in decimal digits. None for any other text.
std::optional<RecordPlace> parse_record_place(std::string_view text);

struct InputConfig {
  KeyPolicy key = KeyPolicy::kRequire;
  OffsetPolicy offsets = OffsetPolicy::kGaps;
  DurationMs event_future_max{86'400'000};
  std::size_t event_bytes_max = 1 << 20;   // a longer value is a dead letter, unparsed
  std::vector<std::string> exclude_texts;  // as the file has them: "partition:offset"
  std::set<RecordPlace> exclude;           // records that become dead letters whatever they say
};

// Which field of the event's JSON object holds what: paths as field_path.h reads them.
struct FieldNames {
  std::string user = "user_id";
  std::string item = "item_id";
  std::string time = "ts";
  std::string type = "type";
  std::string label = "label";
  std::string event = "event_id";
  std::string request = "request_id";
  std::string candidates = "candidates";
};

struct EventsConfig {
  TimeUnit time_unit = TimeUnit::kMilliseconds;
  FieldNames fields;
  std::vector<std::string> context;  // fields that wide features may use
  std::string label_behaviour_name;  // as the file says it; empty: the primary behaviour
  std::size_t label_behaviour = 0;   // its index: what an impression with label 1 clicks
};

struct BehaviourConfig {
  stateful::BehaviourLimits limits;
  std::vector<std::string> types;  // event types that are clicks of this behaviour
  // Impressions that are clicks of it too: all of them, or those whose field (a path, as in
  // FieldNames) is 1; none where neither is set. A label of 1 is a matter of its own.
  bool all_impressions = false;
  std::string impression_field;
};

struct CandidatesConfig {
  CandidateSource source = CandidateSource::kCatalogue;
  std::string pool_path;     // for kPoolFile: one item id a line
  std::size_t publish = 20;  // k of top k
};

// A second model that scores what the first one scores, for a topic of its own.
struct ShadowConfig {
  std::string path;  // the model's folder; empty: none
  std::string output = "scores-shadow";

  bool on() const { return !path.empty(); }
};

struct ExamplesConfig {
  std::string topic;                 // of the rows as they are made, without a join; empty: none
  DurationMs label_wait{3'600'000};  // how long after its time a row's click may come

  bool on() const { return !topic.empty(); }
};

struct CommitConfig {
  DurationMs interval{100};
  std::size_t records_max = 10'000;
};

struct CheckpointConfig {
  DurationMs interval{10'000};
  std::size_t bytes_per_commit = 1 << 20;
};

struct HttpConfig {
  std::string listen = "127.0.0.1:8080";
  bool users = false;
};

// `WorkerConfig{}` has no behaviour yet; parsing fills in the default one.
struct WorkerConfig {
  std::string application_id = "freshet";
  KafkaConfig kafka;
  InputConfig input;
  EventsConfig events;
  std::vector<BehaviourConfig> behaviours;  // at least one; the first is the primary
  CandidatesConfig candidates;
  std::string model_path = "models/demo";
  DurationMs model_reload_interval{10'000};
  ShadowConfig shadow;
  std::string state_path = "state";
  std::size_t memory_budget_mb = 512;
  bool changelog = true;
  Delivery delivery = Delivery::kExactlyOnce;
  ExamplesConfig examples;
  CommitConfig commit;
  CheckpointConfig checkpoint;
  std::size_t threads = 1;
  HttpConfig http;
  std::string log_level = "info";
  LogFormat log_format = LogFormat::kText;

  std::vector<stateful::BehaviourLimits> limits() const;  // [behaviours]
};

// The version of the stored values' format, as docs/formats.md numbers it.
inline constexpr int kStateFormat = 1;

// What of the configuration, the topic and the format decides the state's content: sorted
// "name=value" lines for the marker. `topic` and `partition_count` are the input's; of
// input.exclude the partition's own records count, so that leaving one out concerns no other
// partition's state.
std::string fingerprint_of(const WorkerConfig& config, std::string_view topic,
                           std::int32_t partition_count, Partition partition);

}  // namespace freshet::pipeline
