#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/demo_folder.h"
#include "pipeline/commands/demo_report.h"
#include "pipeline/commands/demo_run.h"
#include "pipeline/commands/load.h"
#include "pipeline/commands/option_checks.h"
#include "pipeline/commands/progress.h"
#include "pipeline/commands/terminal.h"
#include "pipeline/commands/user_story.h"
#include "pipeline/files/byte_sink.h"
#include "pipeline/generate/log_generator.h"
#include "pipeline/log/log.h"
#include "pipeline/memory_split.h"
#include "pipeline/worker/signal_watch.h"
#include "stateful/rocksdb_state_store.h"

namespace freshet::commands {
namespace {

constexpr const char* kConfig = "configs/demo.yaml";

struct DemoArguments {
  ConfigArguments config{kConfig, {}};
  std::string directory;
  std::uint64_t events = 60'000;
  double rate = 1'500;
};

// The shipped model's items are those of seed 1.
constexpr std::uint64_t kSeed = 1;
// The open loop takes a tenth of the events, and four seconds at most.
constexpr std::uint64_t kPacedShare = 10;
constexpr double kPacedSeconds = 4.0;
constexpr std::uint64_t kEventsPerUser = 100;

pipeline::GenerateOptions log_options(const DemoArguments& arguments, std::size_t items) {
  pipeline::GenerateOptions options;
  options.seed = kSeed;
  options.events = arguments.events;
  options.items = items;
  options.users = std::max<std::size_t>(3, arguments.events / kEventsPerUser);
  options.bad = 0.005;
  options.carts = options.orders = true;
  options.truth = true;
  return options;
}

Status write_lines(const std::filesystem::path& file,
                   const std::function<const std::string*()>& next) {
  auto sink = pipeline::open_byte_sink(file);
  if (!sink) return tl::unexpected(sink.error());
  while (const std::string* line = next()) {
    if (Status written = (*sink)->write(*line + "\n"); !written) return written;
  }
  return (*sink)->close();
}

// Ends early on a stop.
Status write_files(const DemoFolder& folder, std::uint64_t events, const pipeline::StopSignal& stop,
                   const Clock& clock, pipeline::LogGenerator* generator, DemoRanking* ranking) {
  Progress progress("demo, log", "events", clock);
  Status written =
      write_lines(folder.log(), [&, done = std::uint64_t{0}]() mutable -> const std::string* {
        progress.update(done++, events);
        const pipeline::GeneratedEvent* event = stop.requested() ? nullptr : generator->next();
        if (event == nullptr) return nullptr;
        ranking->shown(*event);
        return &event->line;
      });
  progress.finish();
  if (!written || !folder.stays()) return written;
  std::string line;
  return write_lines(folder.items(), [&, item = std::size_t{0}]() mutable -> const std::string* {
    if (item == generator->catalogue().items().size()) return nullptr;
    line = generator->catalogue().line_of(item++);
    return &line;
  });
}

int say_stopped() {
  std::fputs("freshet: the demo was stopped before its end\n", stderr);
  return kFailed;
}

void say_head(const DemoOptions& options, const pipeline::GenerateOptions& log,
              const Loaded& loaded, const Terminal& terminal) {
  std::string text = painted(terminal, Colour::kBold, "Freshet demo") + ": " +
                     grouped(options.events) + " events of " + grouped(log.users) + " users and " +
                     grouped(log.items) + " videos\n";
  text += "  produce -> embedded broker, " + std::to_string(options.partitions) +
          " partitions -> worker (RocksDB, model " + loaded.model->label + ")\n";
  text += "  delivery: at_least_once\n\n";
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  std::fputs("demo: joining the group takes the embedded broker three seconds ...\n", stderr);
}

void say_end(const DemoFolder& folder, const DemoArguments& arguments, const Terminal& terminal) {
  std::string text;
  if (folder.stays()) {
    text += "\n  " + folder.log().string() + "    the events\n  " + folder.items().string() +
            "  the videos\n  " + folder.state().string() + "        the users, as RocksDB:\n" +
            "    " + program_invocation_name + " state verify -c " + arguments.config.path +
            " --set state.path=" + folder.state().string() + "\n";
  }
  text +=
      painted(terminal, Colour::kDim, "\nNext: your own events on a real broker, README.md") + "\n";
  std::fputs(text.c_str(), stdout);
}

int run(const DemoArguments& arguments) {
  if (arguments.config.path == kConfig && !std::filesystem::exists(kConfig)) {
    return report({ErrorCode::kInvalidConfig,
                   std::string(kConfig) + ": is not here; run the demo in the root of a checkout, "
                                          "or name a configuration and its model with -c"});
  }
  const Result<Loaded> loaded = load(arguments.config.source(), "");
  if (!loaded) return report(loaded.error());
  pipeline::log_init("warn", loaded->config.log_format);
  pipeline::StopSignal stop;
  const pipeline::SignalWatch signals(&stop, kInterrupted);
  const SystemClock clock;
  const Terminal terminal = stdout_terminal();

  const auto folder = DemoFolder::open(arguments.directory);
  if (!folder) return report(folder.error());
  const std::size_t items = loaded->model->model->items.rows;
  const pipeline::GenerateOptions log = log_options(arguments, items);
  pipeline::LogGenerator generator(log);
  DemoRanking ranking;
  const Status written = write_files(**folder, arguments.events, stop, clock, &generator, &ranking);
  if (!written) return report(written.error());
  if (stop.requested()) return say_stopped();

  stateful::RocksDbOptions store_options;
  store_options.directory = (*folder)->state();
  store_options.application_id = loaded->config.application_id;
  store_options.memory_bytes = pipeline::split_memory(loaded->config.memory_budget_mb).store_bytes;
  store_options.log = [](std::string_view line) { pipeline::log_debug(line); };
  const auto store = stateful::RocksDbStateStore::open(store_options);
  if (!store) return report(store.error());

  DemoOptions options;
  options.log = (*folder)->log().string();
  options.events = arguments.events;
  options.paced_per_s = arguments.rate;
  options.paced = std::min(arguments.events / kPacedShare,
                           static_cast<std::uint64_t>(arguments.rate * kPacedSeconds));
  say_head(options, log, *loaded, terminal);
  const Result<DemoOutcome> outcome =
      run_demo(options, *loaded, std::move(ranking), store->get(), clock, &stop);
  if (!outcome) return report(outcome.error());
  std::fputs(demo_report(options, *outcome, items, terminal).c_str(), stdout);
  if (outcome->stopped) return say_stopped();
  const auto story = find_story(*loaded, store->get(), outcome->newest, generator.catalogue());
  if (!story) return report(story.error());
  if (*story) std::fputs(("\n" + story_text(**story, terminal)).c_str(), stdout);
  say_end(**folder, arguments, terminal);
  return kOk;
}

}  // namespace

void add_demo(CLI::App& app, Run* run_chosen) {
  auto arguments = std::make_shared<DemoArguments>();
  CLI::App* command = app.add_subcommand(
      "demo",
      "Runs the worker on an embedded broker with a generated log\n\n"
      "  freshet demo\n"
      "  freshet demo --events 500000 --directory build/demo\n\n"
      "It needs no broker and nothing else running: the log goes by the path of `produce`\n"
      "through librdkafka's mock cluster to the worker that `run` runs. Then it says what came\n"
      "out, how fast, and tells one user's story.");
  add_config_options(command, &arguments->config);
  command->get_option("--config")
      ->required(false)
      ->description(std::string("YAML configuration (default: ") + kConfig + ", of a checkout)");
  whole_number(command->add_option("--events", arguments->events, "events")->capture_default_str(),
               1, 100'000'000);
  finite_number(command
                    ->add_option("--rate", arguments->rate,
                                 "events a second of the part that measures latency")
                    ->capture_default_str(),
                1, 1e6);
  command->add_option("--directory", arguments->directory,
                      "keeps log, items and state in this folder (default: a temporary one)");
  command->callback(
      [arguments, run_chosen] { *run_chosen = [arguments] { return run(*arguments); }; });
}

}  // namespace freshet::commands
