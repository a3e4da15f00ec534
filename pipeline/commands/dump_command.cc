#include "pipeline/kafka/dump.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/progress.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/log/log.h"
#include "pipeline/worker/signal_watch.h"

namespace freshet::commands {
namespace {

struct DumpArguments {
  ConfigArguments config;
  std::string topic;
  std::string output;
};

int run_dump(const DumpArguments& arguments) {
  const Result<pipeline::WorkerConfig> config = pipeline::load_config(arguments.config.source());
  if (!config) return report(config.error());
  pipeline::log_init(config->log_level, config->log_format);
  pipeline::DumpOptions options;
  options.topic = arguments.topic;
  options.output = arguments.output;
  options.client.log = pipeline::log_syslog;
  pipeline::StopSignal stop;
  const pipeline::SignalWatch signals(&stop, kInterrupted);
  const SystemClock clock;
  Progress progress("dump", "records", clock);
  options.stop = &stop;
  options.on_record = [&progress](std::uint64_t records, std::uint64_t offsets) {
    progress.update(records, offsets);
  };
  const Result<pipeline::DumpSummary> dumped = pipeline::dump(*config, options);
  progress.finish();
  if (!dumped) return report(dumped.error());
  std::fprintf(stderr, "dumped: %llu records of %d partitions\n",
               static_cast<unsigned long long>(dumped->records), dumped->partition_count);
  if (!dumped->stopped) return kOk;
  std::fprintf(stderr, "freshet: %s: stopped, it lacks what follows in the topic\n",
               arguments.output.c_str());
  return kFailed;
}

}  // namespace

void add_dump(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<DumpArguments>();
  CLI::App* command =
      app.add_subcommand("dump",
                         "Writes what a topic holds to a file\n\n"
                         "  freshet dump -c configs/worker.yaml --output clicks.dump");
  add_config_options(command, &arguments->config);
  command->add_option("--topic", arguments->topic, "topic (default: kafka.input)");
  command->add_option("--output", arguments->output, "file; - is stdout")->required();
  command->callback([arguments, run] { *run = [arguments] { return run_dump(*arguments); }; });
}

}  // namespace freshet::commands
