// The topics that an application writes records of events to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/config.h"

namespace freshet::pipeline {

// Which of the application's topics a record goes to. The first two are the main output: a score or
// a dead letter for each record; the others stand beside it.
enum class OutputTopic { kScores, kDeadLetters, kShadow, kExamples };
inline constexpr std::size_t kOutputTopics = static_cast<std::size_t>(OutputTopic::kExamples) + 1;

std::string_view name_of(OutputTopic topic);  // as metrics and messages have it: "dead_letters"

struct OutputTopicName {
  OutputTopic topic;
  std::string_view key;  // of the configuration
  std::string name;
};

// Those that the configuration has, in the order of OutputTopic.
std::vector<OutputTopicName> output_topics(const WorkerConfig& config);

}  // namespace freshet::pipeline
