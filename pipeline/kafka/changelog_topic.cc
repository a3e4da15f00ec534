#include "pipeline/kafka/changelog_topic.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "common/ids.h"
#include "pipeline/kafka/group_positions.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/record_size.h"
#include "pipeline/position_metadata.h"

namespace freshet::pipeline {
namespace {

// A segment is compacted only once it is full, and a restore reads what is not.
constexpr std::int64_t kSegmentBytes = 100 << 20;
// What brokers take unless they are told otherwise.
constexpr std::size_t kUsualMessageBytes = 1'048'588;

std::string place(const WorkerConfig& config) { return "topic " + changelog_topic(config); }

Error error_of(const Finding& finding) {
  return {ErrorCode::kInvalidConfig,
          finding.where + ": " + finding.message + "; " + finding.remedy};
}

std::string as_create_topics_does(const WorkerConfig& config, std::int32_t partition_count) {
  return "create it with --partitions " + std::to_string(partition_count) +
         " by `freshet create-topics`, or grant the worker's principal Create on " + place(config);
}

}  // namespace

// The value as docs/formats.md has it, with no varint larger than it gets there.
std::size_t changelog_record_bytes_max(const WorkerConfig& config) {
  constexpr std::size_t kVersionAndCheck = 1 + 8;
  constexpr std::size_t kCount = 5;
  constexpr std::size_t kClick = 6 + 2 + kIdBytesMax;  // age, header, id
  std::size_t bytes = kVersionAndCheck + kCount;
  for (const BehaviourConfig& behaviour : config.behaviours) {
    bytes += kCount + (behaviour.limits.length_max + 1) * kClick;
  }
  // The frame of an empty record, and what its three lengths grow by.
  return batch_bytes_of("", "", {}) + 3 * kCount + kIdBytesMax + bytes;
}

NewTopic new_changelog_topic(const WorkerConfig& config, std::int32_t partition_count) {
  NewTopic topic;
  topic.name = changelog_topic(config);
  topic.partition_count = partition_count;
  topic.replicas = kDefaultReplicas;
  topic.settings = {{"cleanup.policy", "compact"},
                    {"delete.retention.ms", std::to_string(kTombstonesKept.value)},
                    {"segment.bytes", std::to_string(kSegmentBytes)}};
  const std::size_t record = changelog_record_bytes_max(config);
  if (record > kUsualMessageBytes) {
    topic.settings["max.message.bytes"] = std::to_string(record);
    // A segment holds at least one batch.
    topic.settings["segment.bytes"] =
        std::to_string(std::max<std::int64_t>(kSegmentBytes, static_cast<std::int64_t>(record)));
  }
  return topic;
}

namespace {

void judge_client(const WorkerConfig& config, std::size_t record, Findings* findings) {
  const std::size_t taken = transaction_message_bytes_max(config);
  if (taken >= record) return;
  findings->push_back({FindingLevel::kError, "kafka.client.message.max.bytes",
                       "is " + std::to_string(taken) +
                           ": a user with behaviours of full length and long ids takes " +
                           std::to_string(record),
                       "leave it out, or set it to " + std::to_string(record) + " or more"});
}

}  // namespace

Findings judge_changelog(const WorkerConfig& config, const TopicSettings& settings) {
  const std::string where = place(config);
  Findings findings;
  const auto policy = settings.find("cleanup.policy");
  if (policy != settings.end() && policy->second != "compact") {
    findings.push_back({FindingLevel::kError, where,
                        "cleanup.policy is " + policy->second +
                            ": users who do not come for a while would be forgotten",
                        "set cleanup.policy=compact on the topic"});
  }
  const std::optional<std::int64_t> bytes = number_of(settings, "max.message.bytes");
  const std::size_t record = changelog_record_bytes_max(config);
  if (bytes && *bytes < static_cast<std::int64_t>(record)) {
    findings.push_back({FindingLevel::kError, where,
                        "max.message.bytes is " + std::to_string(*bytes) +
                            ": a user with behaviours of full length and long ids takes " +
                            std::to_string(record),
                        "set max.message.bytes=" + std::to_string(record) +
                            " on the topic, or a smaller length_max"});
  }
  judge_client(config, record, &findings);
  const std::optional<std::int64_t> retention = number_of(settings, "delete.retention.ms");
  if (retention && *retention < kTombstonesKept.value) {
    findings.push_back(
        {FindingLevel::kAdvice, where,
         "delete.retention.ms is " + std::to_string(*retention) +
             ": a worker that was away for longer reads the whole changelog again",
         "set delete.retention.ms=" + std::to_string(kTombstonesKept.value) + " on the topic"});
  }
  return findings;
}

namespace {

// An empty topic in the place of one that is gone would hide the loss, and hold no marker of those
// that the positions name.
Status refuse_lost_changelog(const WorkerConfig& config) {
  const auto positions = group_positions(config, {});
  if (!positions) return tl::unexpected<Error>(positions.error());
  for (const std::optional<CommittedPosition>& position : *positions) {
    if (!position) continue;
    const Result<PositionMetadata> metadata = decode_position_metadata(position->metadata);
    if (!metadata || !metadata->state || !metadata->state->changelog) continue;
    return error(ErrorCode::kInvalidConfig,
                 place(config) +
                     ": is missing, though the group's positions were committed with a changelog; "
                     "put it back, or start once with changelog: off, which goes on from the state "
                     "that is here or makes it again from the input, then with changelog: on");
  }
  return {};
}

}  // namespace

Status prepare_changelog(rd_kafka_s* client, const WorkerConfig& config,
                         std::int32_t partition_count, Findings* findings) {
  const std::string name = changelog_topic(config);
  const Result<std::optional<std::int32_t>> there = find_topic(client, name);
  if (!there) return tl::unexpected<Error>(there.error());
  if (!*there) {
    if (Status lost = refuse_lost_changelog(config); !lost) return lost;
    Status created = create_topic(config, new_changelog_topic(config, partition_count));
    if (created) {
      findings->push_back({FindingLevel::kOk, place(config),
                           "created with " + std::to_string(partition_count) + " partitions", ""});
    } else if (created.error().code == ErrorCode::kInvalidConfig) {
      created.error().message = split_remedy(created.error().message).message + "; " +
                                as_create_topics_does(config, partition_count);
    }
    return created;
  }
  if (**there != partition_count) {
    return error(ErrorCode::kInvalidConfig,
                 place(config) + ": it has " + std::to_string(**there) + " partitions, " +
                     config.kafka.input + " has " + std::to_string(partition_count) +
                     "; another application_id has a changelog of its own");
  }
  const Result<TopicSettings> settings = topic_settings(client, name);
  if (!settings && settings.error().code == ErrorCode::kUnavailable) {
    return tl::unexpected<Error>(settings.error());
  }
  if (!settings) {
    findings->push_back({FindingLevel::kWarning, place(config),
                         split_remedy(settings.error().message).message,
                         "grant DescribeConfigs on " + place(config) +
                             "; until then its settings are not checked"});
    return {};
  }
  for (Finding& finding : judge_changelog(config, *settings)) {
    if (finding.level == FindingLevel::kError) return tl::unexpected<Error>(error_of(finding));
    findings->push_back(std::move(finding));
  }
  return {};
}

}  // namespace freshet::pipeline
