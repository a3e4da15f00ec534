#include "pipeline/kafka/changelog_topic.h"

namespace freshet::pipeline {

std::string changelog_topic(const WorkerConfig& config) {
  return config.application_id + "-sequences-changelog";
}

}  // namespace freshet::pipeline
