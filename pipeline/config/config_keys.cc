#include "pipeline/config/config_keys.h"

#include <string>
#include <utility>

namespace freshet::pipeline {
namespace {

// The sizes that bound texts: Kafka's own for topics, room for every changelog and transactional id
// that is made from the application id, and what keeps messages short for field names.
constexpr std::int64_t kTopicBytesMax = 249;
constexpr std::int64_t kApplicationIdBytesMax = 200;
constexpr std::int64_t kPathBytesMax = 4095;
constexpr std::int64_t kFieldNameBytesMax = 128;
constexpr std::int64_t kListenBytesMax = 255;
constexpr std::int64_t kContextFieldsMax = 32;
constexpr std::int64_t kClientOptionsMax = 200;
constexpr std::int64_t kExcludedMax = 1000;
constexpr std::int64_t kYearMs = 365LL * 24 * 3600 * 1000;

using Value = ConfigValue;
using Set = void (*)(const Value&, WorkerConfig*);

const std::string& text(const Value& value) { return std::get<std::string>(value); }

std::size_t count(const Value& value) {
  return static_cast<std::size_t>(std::get<std::int64_t>(value));
}

DurationMs duration_of(const Value& value) { return DurationMs{std::get<std::int64_t>(value)}; }

WorkerKey text_key(std::string_view path, std::string_view default_text, std::int64_t bytes_max,
                   std::string_view meaning, Set set) {
  return {{path, ValueKind::kText, default_text, "", 1, bytes_max, {}, meaning}, set};
}

WorkerKey choice_key(std::string_view path, std::vector<std::string_view> choices,
                     std::string_view default_text, std::string_view meaning, Set set) {
  return {{path, ValueKind::kText, default_text, "", 0, 0, std::move(choices), meaning}, set};
}

struct Range {
  std::int64_t min;
  std::int64_t max;
};

WorkerKey number_key(std::string_view path, std::string_view default_text, std::string_view unit,
                     Range range, std::string_view meaning, Set set) {
  return {{path, ValueKind::kInteger, default_text, unit, range.min, range.max, {}, meaning}, set};
}

WorkerKey other_key(std::string_view path, ValueKind kind, std::string_view default_text,
                    std::int64_t size_max, std::string_view meaning, Set set) {
  return {{path, kind, default_text, "", 0, size_max, {}, meaning}, set};
}

TimeUnit time_unit_of(std::string_view name) {
  if (name == "s") return TimeUnit::kSeconds;
  if (name == "us") return TimeUnit::kMicroseconds;
  if (name == "rfc3339") return TimeUnit::kRfc3339;
  return TimeUnit::kMilliseconds;
}

CandidateSource source_of(std::string_view name) {
  if (name == "pool") return CandidateSource::kPoolFile;
  if (name == "event") return CandidateSource::kEvent;
  return CandidateSource::kCatalogue;
}

KeyPolicy key_policy_of(std::string_view name) {
  return name == "trust" ? KeyPolicy::kTrust : KeyPolicy::kRequire;
}

OffsetPolicy offset_policy_of(std::string_view name) {
  return name == "contiguous" ? OffsetPolicy::kContiguous : OffsetPolicy::kGaps;
}

Delivery delivery_of(std::string_view name) {
  return name == "at_least_once" ? Delivery::kAtLeastOnce : Delivery::kExactlyOnce;
}

LogFormat log_format_of(std::string_view name) {
  return name == "json" ? LogFormat::kJson : LogFormat::kText;
}

std::vector<WorkerKey> kafka_keys() {
  return {
      text_key("application_id", "freshet", kApplicationIdBytesMax,
               "Names the consumer group, the changelog topic and the transactional ids.",
               [](auto& v, auto* c) { c->application_id = text(v); }),
      text_key("kafka.bootstrap", "127.0.0.1:9092", kPathBytesMax,
               "Brokers to start from: host:port, separated by commas.",
               [](auto& v, auto* c) { c->kafka.bootstrap = text(v); }),
      text_key("kafka.input", "clicks", kTopicBytesMax, "The input topic, keyed by user.",
               [](auto& v, auto* c) { c->kafka.input = text(v); }),
      text_key("kafka.output", "scores", kTopicBytesMax, "The topic that score events go to.",
               [](auto& v, auto* c) { c->kafka.output = text(v); }),
      text_key("kafka.dead_letter", "clicks-dead-letter", kTopicBytesMax,
               "The topic of records that cannot be processed, with the reason in headers.",
               [](auto& v, auto* c) { c->kafka.dead_letter = text(v); }),
      other_key("kafka.representations", ValueKind::kNull, "null", 0,
                "A second output with the user's representation; only null in this version.",
                [](auto&, auto*) {}),
      other_key("kafka.client", ValueKind::kTextMap, "{}", kClientOptionsMax,
                "Any librdkafka option, except those that would break a guarantee. A secret may "
                "stand in a "
                "file: sasl.password_file: PATH.",
                [](auto& v, auto* c) {
                  c->kafka.client = std::get<std::map<std::string, std::string>>(v);
                }),
  };
}

std::vector<WorkerKey> input_keys() {
  return {
      choice_key("input.key", {"require", "trust"}, "require",
                 "require: a record's key must be its user. trust: a record may also have no key.",
                 [](auto& v, auto* c) { c->input.key = key_policy_of(text(v)); }),
      choice_key("input.offsets", {"gaps", "contiguous"}, "gaps",
                 "contiguous: a gap in the offsets is read again once and is then an error.",
                 [](auto& v, auto* c) { c->input.offsets = offset_policy_of(text(v)); }),
      number_key("input.event_future_max_ms", "86400000", "ms", {0, 100 * kYearMs},
                 "How far an event's time may lie ahead of its record's Kafka timestamp.",
                 [](auto& v, auto* c) { c->input.event_future_max = duration_of(v); }),
      number_key("input.event_bytes_max", "1048576", "bytes", {64, 64 << 20},
                 "A longer event is a dead letter and is not parsed.",
                 [](auto& v, auto* c) { c->input.event_bytes_max = count(v); }),
      other_key(
          "input.exclude", ValueKind::kTextList, "[]", kExcludedMax,
          "Records that become dead letters whatever they say, as \"partition:offset\".",
          [](auto& v, auto* c) { c->input.exclude_texts = std::get<std::vector<std::string>>(v); }),
  };
}

std::vector<WorkerKey> event_keys() {
  return {
      choice_key("events.time_unit", {"ms", "s", "us", "rfc3339"}, "ms",
                 "The unit of the time field; fractions of a millisecond are dropped.",
                 [](auto& v, auto* c) { c->events.time_unit = time_unit_of(text(v)); }),
      text_key("events.fields.user", "user_id", kFieldNameBytesMax,
               "The field that holds the user's id. A path leads into objects: payload.user.id; "
               "\\. is a dot in a name.",
               [](auto& v, auto* c) { c->events.fields.user = text(v); }),
      text_key("events.fields.item", "item_id", kFieldNameBytesMax,
               "The field that holds the item's id.",
               [](auto& v, auto* c) { c->events.fields.item = text(v); }),
      text_key("events.fields.time", "ts", kFieldNameBytesMax,
               "The field that holds the event's time.",
               [](auto& v, auto* c) { c->events.fields.time = text(v); }),
      text_key("events.fields.type", "type", kFieldNameBytesMax,
               "The field that holds the event's type.",
               [](auto& v, auto* c) { c->events.fields.type = text(v); }),
      text_key("events.fields.label", "label", kFieldNameBytesMax,
               "The field that is 1 where an impression was clicked.",
               [](auto& v, auto* c) { c->events.fields.label = text(v); }),
      text_key("events.fields.event", "event_id", kFieldNameBytesMax,
               "The field with a click's or impression's own id, if any; outputs repeat it.",
               [](auto& v, auto* c) { c->events.fields.event = text(v); }),
      text_key("events.fields.request", "request_id", kFieldNameBytesMax,
               "The field with a request's own id, if any; outputs repeat it.",
               [](auto& v, auto* c) { c->events.fields.request = text(v); }),
      text_key("events.fields.candidates", "candidates", kFieldNameBytesMax,
               "The field with a request's list of item ids, if any.",
               [](auto& v, auto* c) { c->events.fields.candidates = text(v); }),
      other_key(
          "events.context", ValueKind::kTextList, "[]", kContextFieldsMax,
          "Fields that wide features may use, by name or path: texts, integers or booleans.",
          [](auto& v, auto* c) { c->events.context = std::get<std::vector<std::string>>(v); }),
      text_key("events.label_behaviour", "null", kFieldNameBytesMax,
               "The behaviour that an impression with label 1 clicks; null: the first one.",
               [](auto& v, auto* c) { c->events.label_behaviour_name = text(v); }),
  };
}

std::vector<WorkerKey> scoring_keys() {
  return {
      choice_key(
          "candidates.source", {"catalogue", "pool", "event"}, "catalogue",
          "What a click, and a request without a list, is scored on. catalogue: the model's items. "
          "pool: those of a file. event: nothing, a click has no scores.",
          [](auto& v, auto* c) { c->candidates.source = source_of(text(v)); }),
      text_key("candidates.pool_path", "null", kPathBytesMax,
               "A file with one item id a line; needed for source pool and only there.",
               [](auto& v, auto* c) { c->candidates.pool_path = text(v); }),
      number_key("candidates.publish", "20", "items", {1, 10'000},
                 "How many of the best candidates an output holds, of a request's list too.",
                 [](auto& v, auto* c) { c->candidates.publish = count(v); }),
      text_key("model.path", "models/demo", kPathBytesMax,
               "The model's folder, or a folder of such folders, its versions.",
               [](auto& v, auto* c) { c->model_path = text(v); }),
      number_key(
          "model.reload_interval_ms", "10000", "ms", {0, 86'400'000},
          "How often a folder of versions is looked at for a newer one, which is then loaded "
          "and served without a restart; 0: only at the start.",
          [](auto& v, auto* c) { c->model_reload_interval = duration_of(v); }),
      text_key("shadow.path", "null", kPathBytesMax,
               "The folder of a second model that scores the same events beside the first, for a "
               "topic of its own; of a folder of versions the newest as of the start. null: none.",
               [](auto& v, auto* c) { c->shadow.path = text(v); }),
      text_key("shadow.output", "scores-shadow", kTopicBytesMax,
               "The topic that the second model's score events go to.",
               [](auto& v, auto* c) { c->shadow.output = text(v); }),
      text_key("examples.topic", "null", kTopicBytesMax,
               "The topic that `run` writes training data to, in the transaction of the scores: a "
               "row for each impression and each candidate of a request; null: none.",
               [](auto& v, auto* c) { c->examples.topic = text(v); }),
      number_key("examples.label_wait_ms", "3600000", "ms", {0, kYearMs},
                 "How long, in event time, an example's click may come after what was scored; then "
                 "its label is 0. Rows of examples.topic wait for nothing.",
                 [](auto& v, auto* c) { c->examples.label_wait = duration_of(v); }),
  };
}

std::vector<WorkerKey> state_keys() {
  return {
      text_key("state.path", "state", kPathBytesMax,
               "The folder of the local store and the worker's identity in its group; each worker "
               "has its own.",
               [](auto& v, auto* c) { c->state_path = text(v); }),
      number_key("state.memory_budget_mb", "512", "MiB", {16, 1 << 20},
                 "Memory for caches, buffers and changed users together; the model is not in it.",
                 [](auto& v, auto* c) { c->memory_budget_mb = count(v); }),
      other_key(
          "changelog", ValueKind::kSwitch, "on", 0,
          "Whether checkpoints also go to a changelog topic, from which another worker takes a "
          "partition's state over; off rebuilds it from the input.",
          [](auto& v, auto* c) { c->changelog = std::get<bool>(v); }),
      choice_key("delivery", {"exactly_once", "at_least_once"}, "exactly_once",
                 "Whether outputs are published in one transaction with the positions, or at once "
                 "and, after a "
                 "failure, again.",
                 [](auto& v, auto* c) { c->delivery = delivery_of(text(v)); }),
      number_key("commit.interval_ms", "100", "ms", {1, 60'000},
                 "The longest time between two commits.",
                 [](auto& v, auto* c) { c->commit.interval = duration_of(v); }),
      number_key("commit.records_max", "10000", "records", {1, 1'000'000},
                 "A commit follows after this many records, however short the time.",
                 [](auto& v, auto* c) { c->commit.records_max = count(v); }),
      number_key("checkpoint.interval_ms", "10000", "ms", {1, 3'600'000},
                 "The longest time that a changed user stays unsaved.",
                 [](auto& v, auto* c) { c->checkpoint.interval = duration_of(v); }),
      number_key(
          "checkpoint.bytes_per_commit", "1048576", "bytes", {1024, 1 << 30},
          "How much of a partition's changed users one commit saves; a user counts at least 256.",
          [](auto& v, auto* c) { c->checkpoint.bytes_per_commit = count(v); }),
  };
}

std::vector<WorkerKey> process_keys() {
  return {
      number_key("threads", "1", "threads", {1, 256},
                 "Stream threads; each has its own consumer, producer and tasks.",
                 [](auto& v, auto* c) { c->threads = count(v); }),
      text_key("http.listen", "127.0.0.1:8080", kListenBytesMax,
               "Where metrics and health are served over HTTP: host:port; port 0 takes any free "
               "one and logs it, off opens none.",
               [](auto& v, auto* c) { c->http.listen = text(v); }),
      other_key("http.users", ValueKind::kSwitch, "off", 0,
                "Whether /v1/users/{id} shows single users' clicks to whoever reaches http.listen.",
                [](auto& v, auto* c) { c->http.users = std::get<bool>(v); }),
      choice_key("log.level", {"debug", "info", "warn", "error"}, "info",
                 "The least serious line that is logged.",
                 [](auto& v, auto* c) { c->log_level = text(v); }),
      choice_key("log.format", {"text", "json"}, "text", "How a line of the log is written.",
                 [](auto& v, auto* c) { c->log_format = log_format_of(text(v)); }),
  };
}

}  // namespace

std::span<const WorkerKey> worker_keys() {
  static const std::vector<WorkerKey> keys = [] {
    std::vector<WorkerKey> all;
    for (const auto& part :
         {kafka_keys(), input_keys(), event_keys(), scoring_keys(), state_keys(), process_keys()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return keys;
}

std::span<const BehaviourKey> behaviour_keys() {
  static const std::vector<BehaviourKey> keys = {
      {{"name",
        ValueKind::kText,
        "",
        "",
        1,
        64,
        {},
        "The behaviour's name: a-z, 0-9 and _, a letter first."},
       [](auto& v, auto* b) { b->limits.name = text(v); }},
      {{"types",
        ValueKind::kTextList,
        "[]",
        "",
        0,
        64,
        {},
        "The event types that are clicks of this behaviour."},
       [](auto& v, auto* b) { b->types = std::get<std::vector<std::string>>(v); }},
      {{"impressions",
        ValueKind::kText,
        "null",
        "",
        1,
        kFieldNameBytesMax,
        {},
        "Which impressions are clicks of this behaviour, once they are scored. all: every one. Any "
        "other text: those in which the field of that name or path is 1. A behaviour needs types, "
        "impressions or both."},
       [](auto& v, auto* b) {
         b->all_impressions = text(v) == "all";
         if (!b->all_impressions) b->impression_field = text(v);
       }},
      {{"length_max",
        ValueKind::kInteger,
        "50",
        "clicks",
        1,
        65'535,
        {},
        "How many of a user's newest clicks are shown."},
       [](auto& v, auto* b) { b->limits.length_max = count(v); }},
      {{"age_max",
        ValueKind::kDuration,
        "7d",
        "",
        1,
        100 * kYearMs,
        {},
        "How old a shown click may be, counted back from the partition's stream time."},
       [](auto& v, auto* b) { b->limits.age_max = std::get<DurationMs>(v); }},
  };
  return keys;
}

std::string_view section_of(std::string_view path) {
  const std::string_view section = path.substr(0, path.find_first_of(".["));
  if (section == "behaviours") return section;
  for (const WorkerKey& key : worker_keys()) {
    if (key.path.substr(0, key.path.find('.')) == section) return section;
  }
  return {};
}

std::vector<BehaviourConfig> default_behaviours() {
  BehaviourConfig click;
  click.limits.name = "click";
  click.types = {"click"};
  return {click};
}

}  // namespace freshet::pipeline
