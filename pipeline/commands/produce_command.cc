#include "pipeline/kafka/produce.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/log.h"

namespace freshet::commands {
namespace {

struct ProduceArguments {
  ConfigArguments config;
  std::string input;
  std::string topic;
  double rate = 0;
};

int run_produce(const ProduceArguments& arguments) {
  const Result<pipeline::WorkerConfig> config = pipeline::load_config(arguments.config.source());
  if (!config) return report(config.error());
  pipeline::log_init(config->log_level, config->log_format);
  pipeline::ProduceOptions options;
  options.input = arguments.input;
  options.topic = arguments.topic;
  if (arguments.rate > 0) options.records_per_s = arguments.rate;
  options.client.log = pipeline::log_syslog;
  const Result<pipeline::ProduceSummary> produced = pipeline::produce(*config, options);
  if (!produced) return report(produced.error());
  std::fprintf(stderr, "produced: %llu records, %llu of them without a readable user\n",
               static_cast<unsigned long long>(produced->records),
               static_cast<unsigned long long>(produced->without_user));
  return kOk;
}

}  // namespace

void add_produce(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<ProduceArguments>();
  CLI::App* command =
      app.add_subcommand("produce",
                         "Puts a log file or a dump into a topic, keyed by user\n\n"
                         "  freshet produce -c configs/worker.yaml --input log.jsonl.gz");
  add_config_options(command, &arguments->config);
  command->add_option("--input", arguments->input, "log or dump, plain or gzip; - is stdin")
      ->required();
  command->add_option("--topic", arguments->topic, "topic (default: kafka.input)");
  command->add_option("--rate", arguments->rate, "records a second (default: no limit)");
  command->callback([arguments, run] { *run = [arguments] { return run_produce(*arguments); }; });
}

}  // namespace freshet::commands
