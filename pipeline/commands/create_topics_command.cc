#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/option_checks.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/config/output_topic.h"
#include "pipeline/kafka/changelog_topic.h"
#include "pipeline/kafka/topic_creation.h"

namespace freshet::commands {
namespace {

struct CreateArguments {
  ConfigArguments config;
  std::int32_t partitions = 4;
};

int create(const CreateArguments& arguments) {
  const Result<pipeline::WorkerConfig> config = pipeline::load_config(arguments.config.source());
  if (!config) return report(config.error());
  std::vector<pipeline::NewTopic> topics{{config->kafka.input, arguments.partitions, {}}};
  for (const pipeline::OutputTopicName& output : pipeline::output_topics(*config)) {
    topics.push_back({output.name, arguments.partitions, {}});
  }
  if (config->changelog) {
    topics.push_back(pipeline::new_changelog_topic(*config, arguments.partitions));
  }
  for (const pipeline::NewTopic& topic : topics) {
    if (Status created = pipeline::create_topic(*config, topic); !created) {
      return report(created.error());
    }
    std::fprintf(stderr, "topic %s: %d partitions\n", topic.name.c_str(), topic.partition_count);
  }
  return kOk;
}

}  // namespace

void add_create_topics(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<CreateArguments>();
  CLI::App* command =
      app.add_subcommand("create-topics",
                         "Creates the topics that are missing, for a first try\n\n"
                         "  freshet create-topics -c configs/worker.yaml --partitions 4\n\n"
                         "Those that the configuration names, with one replica each, and the "
                         "changelog where it is on, with as many as the brokers give by default.");
  add_config_options(command, &arguments->config);
  whole_number(command->add_option("--partitions", arguments->partitions, "of each topic")
                   ->capture_default_str(),
               1, 10'000);
  command->callback([arguments, run] { *run = [arguments] { return create(*arguments); }; });
}

}  // namespace freshet::commands
