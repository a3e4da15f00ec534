#include "pipeline/config/output_topic.h"

#include <iterator>

namespace freshet::pipeline {
namespace {

// [OutputTopic]
constexpr std::string_view kTopicNames[] = {"scores", "dead_letters", "shadow", "examples"};
static_assert(std::size(kTopicNames) == kOutputTopics);

}  // namespace

std::string_view name_of(OutputTopic topic) { return kTopicNames[static_cast<std::size_t>(topic)]; }

std::vector<OutputTopicName> output_topics(const WorkerConfig& config) {
  const KafkaConfig& kafka = config.kafka;
  std::vector<OutputTopicName> topics{
      {OutputTopic::kScores, "kafka.output", kafka.output},
      {OutputTopic::kDeadLetters, "kafka.dead_letter", kafka.dead_letter}};
  if (config.shadow.on()) {
    topics.push_back({OutputTopic::kShadow, "shadow.output", config.shadow.output});
  }
  if (config.examples.on()) {
    topics.push_back({OutputTopic::kExamples, "examples.topic", config.examples.topic});
  }
  return topics;
}

}  // namespace freshet::pipeline
