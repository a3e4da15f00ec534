#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/load.h"
#include "pipeline/commands/summary.h"
#include "pipeline/commands/worker_store.h"
#include "pipeline/commands/worker_threads.h"
#include "pipeline/http/operation_server.h"
#include "pipeline/kafka/kafka_changelog_reader.h"
#include "pipeline/kafka/kafka_transport.h"
#include "pipeline/log/log.h"
#include "pipeline/memory_split.h"
#include "pipeline/metrics/model_bytes.h"
#include "pipeline/models/folder_model_source.h"
#include "pipeline/worker/instance_id.h"
#include "pipeline/worker/signal_watch.h"
#include "stateful/rocksdb_state_store.h"

namespace freshet::commands {
namespace {

std::string mebibytes(std::size_t bytes) {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  if (bytes < kMebibyte) return "under 1 MiB";
  return std::to_string((bytes + kMebibyte / 2) / kMebibyte) + " MiB";
}

std::string describe_shadow(const Loaded& loaded) {
  if (loaded.shadow == nullptr) return "";
  return ", shadow " + loaded.shadow->label + " (" +
         mebibytes(pipeline::model_bytes(*loaded.shadow)) + ") to " + loaded.config.shadow.output;
}

// What runs where, in one line.
std::string describe(const Loaded& loaded, const std::string& origin) {
  const pipeline::WorkerConfig& config = loaded.config;
  const pipeline::MemorySplit split = pipeline::split_memory(config.memory_budget_mb);
  const auto model = loaded.models->newest();
  return "freshet " FRESHET_VERSION ": " + config.application_id + " reads " + config.kafka.input +
         " from " + config.kafka.bootstrap + " on " + std::to_string(config.threads) +
         (config.threads == 1 ? " thread" : " threads") + ", model " + model->label + " (" +
         mebibytes(pipeline::model_bytes(*model)) + ")" + describe_shadow(loaded) +
         (config.examples.on() ? ", examples to " + config.examples.topic : "") + ", state " +
         config.state_path + ", memory " + mebibytes(split.hot_users_bytes) + " hot users + " +
         mebibytes(split.store_bytes) + " store + " +
         mebibytes(split.input_queue_bytes + split.output_queue_bytes) + " queues, http " + origin;
}

WorkerThreads::MakeTransport kafka_transports(const pipeline::WorkerConfig& config,
                                              const std::string& instance) {
  return [&config, instance](std::size_t i) -> Result<std::unique_ptr<pipeline::Transport>> {
    pipeline::KafkaTransportOptions options;
    options.client_id = config.application_id + "-" + std::to_string(i);
    options.instance_id = pipeline::group_instance_id(config.application_id, instance, i);
    options.log = pipeline::log_syslog;
    auto transport = pipeline::KafkaTransport::create(config, options);
    if (!transport) return tl::unexpected(transport.error());
    return std::unique_ptr<pipeline::Transport>(std::move(*transport));
  };
}

pipeline::ChangelogReaderFactory kafka_changelog(const pipeline::WorkerConfig& config) {
  return [&config]() -> Result<std::unique_ptr<pipeline::ChangelogReader>> {
    pipeline::KafkaTransportOptions options;
    options.client_id = config.application_id + "-restore";
    options.log = pipeline::log_syslog;
    auto reader = pipeline::KafkaChangelogReader::create(config, options);
    if (!reader) return tl::unexpected(reader.error());
    return std::unique_ptr<pipeline::ChangelogReader>(std::move(*reader));
  };
}

// Serves from the store until the end or a failure; adds to `counted` what it has done.
Status serve(const Loaded& loaded, stateful::RocksDbStateStore* store, const std::string& instance,
             pipeline::StopSignal* stop, pipeline::Counters* counted) {
  const SystemClock clock;
  WorkerThreads workers(loaded, store, &clock, kafka_transports(loaded.config, instance),
                        kafka_changelog(loaded.config), stop);
  auto server =
      pipeline::OperationServer::open({FRESHET_VERSION, &loaded.config, loaded.models, &clock, stop,
                                       workers.views(), [store] { return store->live_bytes(); },
                                       loaded.shadow, [store] { return store->memory_bytes(); }});
  if (!server) return tl::unexpected(server.error());
  pipeline::log_info(describe(loaded, (*server)->origin()));
  Status ended = workers.run();
  *counted += workers.counted();
  return ended;
}

// From here on newer versions are looked for, where model.path is a folder of them.
void watch_versions(Loaded* loaded) {
  if (loaded->versions == nullptr) return;
  const std::chrono::milliseconds interval(loaded->config.model_reload_interval.value);
  loaded->models = std::make_shared<const pipeline::FolderModelSource>(
      std::move(loaded->versions), std::move(loaded->model), interval);
}

int run_worker(const ConfigArguments& arguments) {
  Result<Loaded> loaded = load(arguments.source(), "");
  if (!loaded) return report(loaded.error());
  if (const Status added = load_shadow(&*loaded); !added) return report(added.error());
  std::list<pipeline::StopSignal> stops(1);
  pipeline::SignalWatch signals(&stops.back(), kInterrupted);
  watch_versions(&*loaded);

  stateful::RocksDbOptions options;
  options.directory = loaded->config.state_path;
  options.application_id = loaded->config.application_id;
  options.memory_bytes = pipeline::split_memory(loaded->config.memory_budget_mb).store_bytes;
  options.log = pipeline::log_rocksdb;

  const auto begin = std::chrono::steady_clock::now();
  pipeline::Counters counted;
  Status ended;
  // Once, but for a store that is found damaged: each time its files are set aside, and
  // set_store_aside refuses to do that for ever.
  while (true) {
    auto store = open_worker_store(options);
    if (!store) return report(store.error());
    const Result<std::string> instance = pipeline::instance_id_of(options.directory);
    if (!instance) return report(instance.error());
    ended = serve(*loaded, store->get(), *instance, &stops.back(), &counted);
    if (ended || ended.error().code != ErrorCode::kCorruptStore || signals.signalled()) break;
    store->reset();
    const Status replaced = replace_damaged_store(options.directory, ended.error());
    if (!replaced) return report(replaced.error());
    signals.pass_to(&stops.emplace_back());
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::fputs(summary_of(counted, seconds.count()).c_str(), stderr);
  return ended ? static_cast<int>(kOk) : report(ended.error());
}

}  // namespace

void add_run(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<ConfigArguments>();
  CLI::App* command =
      app.add_subcommand("run",
                         "Runs the streaming worker until SIGTERM\n\n"
                         "  freshet run -c configs/worker.yaml\n\n"
                         "A worker that ends keeps its partitions for session.timeout.ms (45 s),\n"
                         "so that it has them back when it starts again on its state folder; then\n"
                         "other workers take them over.");
  add_config_options(command, arguments.get());
  command->callback([arguments, run] { *run = [arguments] { return run_worker(*arguments); }; });
}

}  // namespace freshet::commands
