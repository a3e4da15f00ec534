#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/load.h"
#include "pipeline/commands/summary.h"
#include "pipeline/instance_id.h"
#include "pipeline/kafka/kafka_transport.h"
#include "pipeline/log.h"
#include "pipeline/memory_split.h"
#include "pipeline/signal_watch.h"
#include "pipeline/worker.h"
#include "stateful/rocksdb_state_store.h"

namespace freshet::commands {
namespace {

// One worker per thread, all on one store and one model; the first failure stops the others.
Status run_workers(const Loaded& loaded, stateful::StateStore* store, const std::string& instance,
                   pipeline::StopSignal* stop, pipeline::Counters* counters) {
  const SystemClock clock;
  const std::size_t count = loaded.config.threads;
  const std::size_t cache_bytes =
      pipeline::split_memory(loaded.config.memory_budget_mb).hot_users_bytes / count;
  std::vector<pipeline::Counters> counted(count);
  std::vector<Status> ended(count);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      const pipeline::TaskContext context{&loaded.config, loaded.model, store, &clock, &counted[i]};
      pipeline::Worker worker(
          context, cache_bytes,
          [&, i]() -> Result<std::unique_ptr<pipeline::Transport>> {
            pipeline::KafkaTransportOptions options;
            options.client_id = loaded.config.application_id + "-" + std::to_string(i);
            options.instance_id =
                pipeline::group_instance_id(loaded.config.application_id, instance, i);
            options.log = pipeline::log_syslog;
            auto transport = pipeline::KafkaTransport::create(loaded.config, options);
            if (!transport) return tl::unexpected(transport.error());
            return std::unique_ptr<pipeline::Transport>(std::move(*transport));
          },
          stop);
      ended[i] = worker.run();
      if (!ended[i]) stop->request();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const pipeline::Counters& one : counted) *counters += one;
  for (Status& status : ended) {
    if (!status) return status;
  }
  return {};
}

int run_worker(const ConfigArguments& arguments) {
  const Result<Loaded> loaded = load(arguments.source(), "");
  if (!loaded) return report(loaded.error());
  pipeline::StopSignal stop;
  const pipeline::SignalWatch signals(&stop, kInterrupted);

  stateful::RocksDbOptions options;
  options.directory = loaded->config.state_path;
  options.application_id = loaded->config.application_id;
  options.memory_bytes = pipeline::split_memory(loaded->config.memory_budget_mb).store_bytes;
  options.log = [](std::string_view line) { pipeline::log_debug(line); };
  auto store = stateful::RocksDbStateStore::open(options);
  if (!store) return report(store.error());
  const Result<std::string> instance = pipeline::instance_id_of(options.directory);
  if (!instance) return report(instance.error());

  pipeline::log_info("freshet " FRESHET_VERSION ": " + loaded->config.application_id + " reads " +
                     loaded->config.kafka.input + ", model " + loaded->model->label);
  const auto begin = std::chrono::steady_clock::now();
  pipeline::Counters counters;
  const Status ended = run_workers(*loaded, store->get(), *instance, &stop, &counters);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::fputs(summary_of(counters, seconds.count()).c_str(), stderr);
  return ended ? static_cast<int>(kOk) : report(ended.error());
}

}  // namespace

void add_run(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<ConfigArguments>();
  CLI::App* command =
      app.add_subcommand("run",
                         "Runs the streaming worker until SIGTERM\n\n"
                         "A worker that ends keeps its partitions for session.timeout.ms (45 s),\n"
                         "so that it has them back when it starts again on its state folder; then\n"
                         "other workers take them over.\n\n"
                         "  freshet run -c configs/worker.yaml");
  add_config_options(command, arguments.get());
  command->callback([arguments, run] { *run = [arguments] { return run_worker(*arguments); }; });
}

}  // namespace freshet::commands
