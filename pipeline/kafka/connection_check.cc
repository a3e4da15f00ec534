#include "pipeline/kafka/connection_check.h"

#include <utility>

#include "pipeline/config/output_topic.h"
#include "pipeline/kafka/bootstrap_check.h"
#include "pipeline/kafka/changelog_topic.h"
#include "pipeline/kafka/group_check.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_handle.h"
#include "pipeline/kafka/rights_check.h"
#include "pipeline/kafka/topic_check.h"

namespace freshet::pipeline {
namespace {

void append(Findings more, Findings* findings) {
  for (Finding& finding : more) findings->push_back(std::move(finding));
}

}  // namespace

ConnectionCheck check_connection(const WorkerConfig& config, std::chrono::milliseconds timeout) {
  ConnectionCheck check;
  BootstrapCheck bootstrap = check_bootstrap(config, timeout);
  append(std::move(bootstrap.findings), &check.findings);
  // Everything else would only say again that nobody answers.
  if (!bootstrap.reachable) return check;

  const auto client = KafkaHandle::create(KafkaHandle::Role::kConsumer,
                                          consumer_options(config, {}), nullptr, nullptr);
  if (!client) {
    check.findings.push_back({FindingLevel::kError, "kafka.client", client.error().message, ""});
    return check;
  }
  TopicCheck topics = check_topics((*client)->get(), config);
  append(std::move(topics.findings), &check.findings);
  check.input_partitions = topics.input_partitions;
  if (topics.input_partitions) {
    check.findings.push_back(check_read(config, config.kafka.input, timeout));
  }
  for (const OutputTopicName& topic : output_topics(config)) {
    if (topic_partition_count((*client)->get(), topic.name)) {
      check.findings.push_back(check_write(config, topic.name, timeout));
    }
  }
  if (config.changelog) {
    const std::string changelog = changelog_topic(config);
    if (topic_partition_count((*client)->get(), changelog)) {
      check.findings.push_back(check_read(config, changelog, timeout));
      check.findings.push_back(check_write(config, changelog, timeout));
    }
  }
  if (has_transactions(config)) check.findings.push_back(check_transactions(config, timeout));
  append(check_group((*client)->get(), config, timeout), &check.findings);
  return check;
}

}  // namespace freshet::pipeline
