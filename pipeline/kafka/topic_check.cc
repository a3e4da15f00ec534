#include "pipeline/kafka/topic_check.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/config/output_topic.h"
#include "pipeline/input_reach.h"
#include "pipeline/kafka/changelog_topic.h"
#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/topic_creation.h"

namespace freshet::pipeline {
namespace {

// A dead letter repeats its record up to this size, headers included.
constexpr std::int64_t kDeadLetterBytesMax = 600'000;
// A night without workers is noticed in the morning.
constexpr std::int64_t kPauseMsMin = 86'400'000;

std::string_view value_of(const TopicSettings& settings, std::string_view name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string_view{} : std::string_view(found->second);
}

constexpr std::string_view kCompactedInput =
    "it is compacted: of each user the log keeps the last click alone, so sequences cannot be made "
    "again";
constexpr std::string_view kCompactedRemedy =
    "use a topic with cleanup.policy=delete as kafka.input";

bool is_compacted(const TopicSettings& settings) {
  return value_of(settings, "cleanup.policy").find("compact") != std::string_view::npos;
}

std::string topic_place(const std::string& topic) { return "topic " + topic; }

// With a changelog the input must reach back over the time in which no worker runs, without one
// over every click that may be visible.
std::optional<Finding> judge_retention(const WorkerConfig& config, std::int64_t retention_ms) {
  const std::string where = topic_place(config.kafka.input);
  const std::string is = "retention.ms is " + std::to_string(retention_ms);
  if (config.changelog) {
    if (retention_ms >= kPauseMsMin) return std::nullopt;
    return Finding{FindingLevel::kAdvice, where,
                   is + ": where no worker runs for so long, records are gone that were never "
                        "scored, and the next start is refused",
                   "raise retention.ms above the longest time in which no worker may run"};
  }
  const std::int64_t needed = longest_age(config).value + config.input.event_future_max.value;
  if (retention_ms >= needed) return std::nullopt;
  return Finding{FindingLevel::kAdvice, where,
                 is + ", the longest age_max and input.event_future_max_ms are " +
                     std::to_string(needed) +
                     " ms together: with changelog: off a partition whose state directory is lost, "
                     "or that moves, may be refused, since it is made again from the input",
                 "set changelog: on, or raise retention.ms to that"};
}

Finding cannot_describe(const std::string& where, const Error& error) {
  return {FindingLevel::kWarning, where, split_remedy(error.message).message,
          "grant DescribeConfigs on " + where +
              "; until then its settings are not checked, and a record that is larger than it "
              "takes stops the worker instead of becoming a dead letter"};
}

}  // namespace

Findings judge_input(const WorkerConfig& config, const TopicSettings& settings) {
  const std::string where = topic_place(config.kafka.input);
  Findings findings;
  if (is_compacted(settings)) {
    findings.push_back(
        {FindingLevel::kError, where, std::string(kCompactedInput), std::string(kCompactedRemedy)});
  }
  if (value_of(settings, "message.timestamp.type") == "CreateTime") {
    findings.push_back(
        {FindingLevel::kAdvice, where,
         "message.timestamp.type is CreateTime: record times are the producers' own, so a wrong "
         "clock passes input.event_future_max_ms and hides other users' clicks",
         "set message.timestamp.type=LogAppendTime on the topic"});
  }
  const std::optional<std::int64_t> retention = number_of(settings, "retention.ms");
  if (retention && *retention >= 0) {
    if (std::optional<Finding> finding = judge_retention(config, *retention)) {
      findings.push_back(*std::move(finding));
    }
  }
  const std::optional<std::int64_t> retained = number_of(settings, "retention.bytes");
  if (retained && *retained >= 0) {
    findings.push_back({FindingLevel::kAdvice, where,
                        "retention.bytes is " + std::to_string(*retained) +
                            ": a worker that is away while so much is written loses clicks",
                        "set retention.bytes=-1 and bound the topic by time"});
  }
  return findings;
}

Findings judge_dead_letters(const WorkerConfig& config, const TopicSettings& settings) {
  const std::string where = topic_place(config.kafka.dead_letter);
  Findings findings;
  if (is_compacted(settings)) {
    findings.push_back({FindingLevel::kError, where,
                        "it is compacted, and refuses dead letters of records without a key",
                        "use a topic with cleanup.policy=delete as kafka.dead_letter"});
  }
  const std::optional<std::int64_t> bytes = number_of(settings, "max.message.bytes");
  if (bytes && *bytes < kDeadLetterBytesMax) {
    findings.push_back(
        {FindingLevel::kWarning, where,
         "max.message.bytes is " + std::to_string(*bytes) +
             ": a dead letter that it does not take stops the worker",
         "raise max.message.bytes to " + std::to_string(kDeadLetterBytesMax) + " or more"});
  }
  return findings;
}

namespace {

Finding check_creation(const WorkerConfig& config, std::int32_t partition_count) {
  const std::string where = topic_place(changelog_topic(config));
  const Status may = try_to_create_topic(config, new_changelog_topic(config, partition_count));
  if (may) {
    return {FindingLevel::kOk, where, "missing; the first worker creates it, which it may", ""};
  }
  const auto [message, remedy] = split_remedy(may.error().message);
  return {FindingLevel::kError, where, "missing, and cannot be created: " + message,
          remedy + "; or let `freshet create-topics --partitions " +
              std::to_string(partition_count) + "` create it"};
}

using Judge = Findings (*)(const WorkerConfig&, const TopicSettings&);

Findings judge_output(const WorkerConfig&, const TopicSettings&) { return {}; }

// The partition count, where the topic is there.
std::optional<std::int32_t> check_topic(rd_kafka_s* client, const WorkerConfig& config,
                                        const std::string& topic, std::string_view key, Judge judge,
                                        Findings* findings) {
  const std::string where = topic_place(topic);
  const Result<std::int32_t> count = topic_partition_count(client, topic);
  if (!count) {
    auto [message, remedy] = split_remedy(count.error().message);
    if (message.starts_with(where + ": ")) message.erase(0, where.size() + 2);
    findings->push_back({FindingLevel::kError, where, message, remedy});
    return std::nullopt;
  }
  const Result<TopicSettings> settings = topic_settings(client, topic);
  std::string there = std::string(key) + " has " + std::to_string(*count) + " partitions";
  if (settings) {
    there += ", max.message.bytes " + std::string(value_of(*settings, "max.message.bytes"));
  }
  findings->push_back({FindingLevel::kOk, where, there, ""});
  if (settings) {
    for (Finding& finding : judge(config, *settings)) findings->push_back(std::move(finding));
  } else {
    findings->push_back(cannot_describe(where, settings.error()));
  }
  return *count;
}

// A worker creates it, so that it is missing is no error where it may.
void check_changelog(rd_kafka_s* client, const WorkerConfig& config,
                     std::optional<std::int32_t> input_partitions, Findings* findings) {
  const std::string topic = changelog_topic(config);
  const Result<std::optional<std::int32_t>> there = find_topic(client, topic);
  if (there && !*there) {
    if (input_partitions) findings->push_back(check_creation(config, *input_partitions));
    return;
  }
  const auto count = check_topic(client, config, topic, "the changelog", judge_changelog, findings);
  if (count && input_partitions && *count != *input_partitions) {
    findings->push_back({FindingLevel::kError, topic_place(topic),
                         "it has " + std::to_string(*count) + " partitions, kafka.input has " +
                             std::to_string(*input_partitions),
                         "use an application_id whose changelog is not made yet"});
  }
}

}  // namespace

TopicCheck check_topics(rd_kafka_s* client, const WorkerConfig& config) {
  TopicCheck check;
  const KafkaConfig& kafka = config.kafka;
  check.input_partitions =
      check_topic(client, config, kafka.input, "kafka.input", judge_input, &check.findings);
  for (const OutputTopicName& output : output_topics(config)) {
    const bool letters = output.topic == OutputTopic::kDeadLetters;
    check_topic(client, config, output.name, output.key,
                letters ? judge_dead_letters : judge_output, &check.findings);
  }
  if (config.changelog) check_changelog(client, config, check.input_partitions, &check.findings);
  return check;
}

Status refuse_compacted_input(rd_kafka_s* client, const std::string& topic) {
  const Result<TopicSettings> settings = topic_settings(client, topic);
  if (!settings) {
    const bool silence = settings.error().code == ErrorCode::kUnavailable;
    return silence ? Status(tl::unexpected<Error>(settings.error())) : Status{};
  }
  if (!is_compacted(*settings)) return {};
  return error(ErrorCode::kInvalidConfig, topic_place(topic) + ": " + std::string(kCompactedInput) +
                                              "; " + std::string(kCompactedRemedy));
}

}  // namespace freshet::pipeline
