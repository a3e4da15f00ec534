#include "pipeline/kafka/produce.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/option_checks.h"
#include "pipeline/commands/progress.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/log/log.h"
#include "pipeline/worker/signal_watch.h"

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
  pipeline::StopSignal stop;
  const pipeline::SignalWatch signals(&stop, kInterrupted);
  const SystemClock clock;
  Progress progress("produce", "records", clock);
  options.stop = &stop;
  options.before_send = [&progress](const pipeline::ProduceStep& step) {
    progress.update_share(step.records, step.share);
  };
  const Result<pipeline::ProduceSummary> produced = pipeline::produce(*config, options);
  progress.finish();
  if (!produced) return report(produced.error());
  std::fprintf(stderr, "produced: %llu records, %llu of them without a readable user\n",
               static_cast<unsigned long long>(produced->records),
               static_cast<unsigned long long>(produced->without_user));
  if (!produced->stopped) return kOk;
  std::fprintf(stderr, "freshet: %s: stopped before its end; all that is counted is in the topic\n",
               arguments.input == "-" ? "standard input" : arguments.input.c_str());
  return kFailed;
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
  finite_number(
      command->add_option("--rate", arguments->rate, "records a second; without it no limit"), 1e-3,
      1e9);
  command->callback([arguments, run] { *run = [arguments] { return run_produce(*arguments); }; });
}

}  // namespace freshet::commands
