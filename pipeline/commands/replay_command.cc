#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/ids.h"
#include "common/json_text.h"
#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/event_explainer.h"
#include "pipeline/commands/load.h"
#include "pipeline/commands/progress.h"
#include "pipeline/commands/replay_input.h"
#include "pipeline/commands/replay_swaps.h"
#include "pipeline/commands/summary.h"
#include "pipeline/examples/example_export.h"
#include "pipeline/files/byte_sink.h"
#include "pipeline/files/distinct_files.h"
#include "pipeline/files/file_transport.h"
#include "pipeline/scoring/score_observers.h"
#include "pipeline/scoring/score_verifier.h"
#include "pipeline/state/state_report.h"
#include "pipeline/worker/worker.h"
#include "scorer/files/folder_files.h"
#include "stateful/memory_state_store.h"
#include "stateful/rocksdb_state_store.h"

namespace freshet::commands {
namespace {

struct ReplayArguments {
  ConfigArguments config;
  std::string model;
  ReplayInput input;
  std::string output;
  std::string dead_letters;
  std::string shadow_output;  // a file; empty: no shadow is scored
  std::string state;
  bool verify = false;
  std::string explain;          // a user
  std::string export_examples;  // a file
  std::string swaps;            // a list of them

  std::string dead_letters_file() const {
    return dead_letters.empty() ? output + ".dead-letters" : dead_letters;
  }
};

// They are read before the outputs are opened, and would be lost all the same.
Status check_model_files(const ReplayArguments& arguments, const Loaded& loaded) {
  using pipeline::FileUse;
  std::vector<pipeline::NamedFile> files;
  for (const char* name : {scorer::kModelYamlName, scorer::kWeightsName, scorer::kItemsName}) {
    files.push_back({"model", loaded.model_folder / name, FileUse::kRead});
    if (loaded.shadow == nullptr) continue;
    files.push_back({"shadow.path", loaded.shadow_folder / name, FileUse::kRead});
  }
  files.push_back({"--output", arguments.output, FileUse::kWritten});
  files.push_back({"--dead-letters", arguments.dead_letters_file(), FileUse::kWritten});
  if (!arguments.shadow_output.empty()) {
    files.push_back({"--shadow-output", arguments.shadow_output, FileUse::kWritten});
  }
  if (!arguments.export_examples.empty()) {
    files.push_back({"--export-examples", arguments.export_examples, FileUse::kWritten});
  }
  return pipeline::check_distinct_files(files);
}

Status check_files(const ReplayArguments& arguments) {
  if (arguments.output == "-" && arguments.dead_letters.empty()) {
    return error(ErrorCode::kInvalidConfig,
                 "--output -: say with --dead-letters where dead letters go");
  }
  if (arguments.output == "-" && !arguments.explain.empty()) {
    return error(ErrorCode::kInvalidConfig,
                 "--output -: standard output is the explanation's; name a file for the scores");
  }
  for (const auto& [option, file] : {std::pair("--export-examples", &arguments.export_examples),
                                     std::pair("--shadow-output", &arguments.shadow_output)}) {
    if (*file != "-" || arguments.explain.empty()) continue;
    return error(
        ErrorCode::kInvalidConfig,
        std::string(option) + " -: standard output is the explanation's; name a file for it");
  }
  using pipeline::FileUse;
  std::vector<pipeline::NamedFile> files{
      {"--config", arguments.config.path, FileUse::kRead},
      {"--input", arguments.input.log, FileUse::kRead},
      {"--output", arguments.output, FileUse::kWritten},
      {"--dead-letters", arguments.dead_letters_file(), FileUse::kWritten}};
  if (!arguments.shadow_output.empty()) {
    files.push_back({"--shadow-output", arguments.shadow_output, FileUse::kWritten});
  }
  if (!arguments.export_examples.empty()) {
    files.push_back({"--export-examples", arguments.export_examples, FileUse::kWritten});
  }
  if (!arguments.swaps.empty()) {
    files.insert(files.begin(), {"--swaps", arguments.swaps, FileUse::kRead});
  }
  if (!arguments.input.seed_history.empty()) {
    files.insert(files.begin(), {"--seed-history", arguments.input.seed_history, FileUse::kRead});
  }
  return pipeline::check_distinct_files(files);
}

Result<std::unique_ptr<stateful::StateStore>> open_store(const ReplayArguments& arguments,
                                                         const pipeline::WorkerConfig& config) {
  if (arguments.state.empty()) return std::make_unique<stateful::MemoryStateStore>();
  std::error_code failure;
  const bool fresh = !std::filesystem::exists(arguments.state, failure) ||
                     (std::filesystem::is_directory(arguments.state, failure) &&
                      std::filesystem::is_empty(arguments.state, failure));
  if (failure) {
    return error(ErrorCode::kInvalidConfig, arguments.state + ": " + failure.message() +
                                                "; name a new folder where one can be made");
  }
  if (!fresh) {
    return error(
        ErrorCode::kInvalidConfig,
        arguments.state + ": is no empty folder; a replay starts from nothing, name a new one");
  }
  stateful::RocksDbOptions options;
  options.directory = arguments.state;
  options.application_id = config.application_id;
  auto store = stateful::RocksDbStateStore::open(options);
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<stateful::StateStore>(std::move(*store));
}

// The file of --export-examples, where it is asked for.
class ExampleFile {
 public:
  // What `stop` ends is the replay: what cannot be written need not be made.
  Status open(const ReplayArguments& arguments, const Loaded& loaded, pipeline::StopSignal* stop,
              pipeline::ScoreObservers* observers) {
    if (arguments.export_examples.empty()) return {};
    auto sink = pipeline::open_byte_sink(arguments.export_examples);
    if (!sink) return tl::unexpected(sink.error());
    sink_ = std::move(*sink);
    // A quarter of the budget: half of it are the users' (see the worker below).
    observers->add(&examples_.emplace(loaded.config, loaded.config.memory_budget_mb << 18,
                                      pipeline::ExampleExport::Sink{[this](std::string_view lines) {
                                                                      return sink_->write(lines);
                                                                    },
                                                                    [stop] { stop->request(); }}));
    return {};
  }

  Status close() {
    if (!examples_) return {};
    const Status finished = examples_->finish();
    const Status closed = sink_->close();
    std::fputs(pipeline::describe(examples_->counts()).c_str(), stderr);
    return finished ? closed : finished;
  }

 private:
  std::unique_ptr<pipeline::ByteSink> sink_;
  std::optional<pipeline::ExampleExport> examples_;
};

Status replay(const ReplayArguments& arguments, const Loaded& loaded,
              pipeline::Counters* counters) {
  const SystemClock clock;
  Result<pipeline::LogFile> input = arguments.input.open(loaded.config);
  if (!input) return tl::unexpected(input.error());
  auto store = open_store(arguments, loaded.config);
  if (!store) return tl::unexpected(store.error());

  pipeline::FileTransportOptions files;
  files.output = arguments.output;
  files.dead_letters = arguments.dead_letters_file();
  files.shadow = arguments.shadow_output;
  auto committed =
      arguments.input.seed(loaded.config, input->partition_count(), clock, true, store->get());
  if (!committed) return tl::unexpected(committed.error());
  files.committed = std::move(*committed);

  Progress progress("replay", "records", clock);
  files.on_read = [&](std::uint64_t records, std::optional<double> share) {
    progress.update_share(records, share);
  };
  pipeline::StopSignal stop;
  pipeline::ScoreObservers observers;
  std::optional<pipeline::ScoreVerifier> verifier;
  if (arguments.verify) observers.add(&verifier.emplace(loaded.config, loaded.model));
  std::optional<EventExplainer> explainer;
  if (!arguments.explain.empty()) {
    observers.add(&explainer.emplace(
        UserId(arguments.explain), loaded.config, loaded.model, stdout_terminal(),
        [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }));
  }
  ExampleFile examples;
  if (Status opened = examples.open(arguments, loaded, &stop, &observers); !opened) return opened;
  pipeline::TaskContext context{&loaded.config, loaded.model,
                                store->get(),   &clock,
                                counters,       observers.empty() ? nullptr : &observers};
  if (loaded.shadow != nullptr) {
    context.beside = {loaded.shadow};
    context.publishes_shadow = true;
  }
  pipeline::RecordedSwaps swaps;
  if (!arguments.swaps.empty()) {
    auto recorded = load_swaps(arguments.swaps, loaded);
    if (!recorded) return tl::unexpected(recorded.error());
    swaps = std::move(*recorded);
    context.swaps = &swaps;
  }
  pipeline::Worker worker(context, loaded.config.memory_budget_mb << 19,
                          file_transport(&*input, &files), &stop);
  const Status ended = worker.run();
  progress.finish();
  const Status exported = examples.close();
  if (!ended) return ended;
  if (!exported) return exported;
  const auto report = pipeline::verify_state(store->get(), loaded.config.limits());
  if (!report) return tl::unexpected(report.error());
  std::fputs(pipeline::describe(*report).c_str(), stderr);
  if (loaded.shadow != nullptr) {
    std::fputs(pipeline::describe(counters->shadow.divergence).c_str(), stderr);
  }
  if (explainer) {
    std::fprintf(stderr, "explained: %llu events of user %s\n",
                 static_cast<unsigned long long>(explainer->events()),
                 quote_excerpt(arguments.explain).c_str());
  }
  if (!verifier) return {};
  std::fputs(pipeline::describe(verifier->report()).c_str(), stderr);
  if (verifier->report().sound()) return {};
  return error(ErrorCode::kFatal,
               "the outputs are not what the model's definition gives: keep log, configuration and "
               "model, and report it");
}

// The shadow costs what the model does: it is scored where its scores are asked for.
Status add_shadow(const ReplayArguments& arguments, Loaded* loaded) {
  if (arguments.shadow_output.empty()) return {};
  if (loaded->config.shadow.on()) return load_shadow(loaded);
  return error(ErrorCode::kInvalidConfig,
               "--shadow-output: no shadow is configured; name its folder with shadow.path");
}

int run_replay(const ReplayArguments& arguments) {
  if (!arguments.explain.empty() && !is_valid_id(arguments.explain)) {
    std::fprintf(stderr, "freshet: --explain: not a valid user id: %s\n",
                 quote_excerpt(arguments.explain).c_str());
    return kUsage;
  }
  if (const Status distinct = check_files(arguments); !distinct) return report(distinct.error());
  Result<Loaded> loaded = load(arguments.config.source(), arguments.model);
  if (!loaded) return report(loaded.error());
  if (const Status added = add_shadow(arguments, &*loaded); !added) return report(added.error());
  if (const Status distinct = check_model_files(arguments, *loaded); !distinct) {
    return report(distinct.error());
  }
  const auto begin = std::chrono::steady_clock::now();
  pipeline::Counters counters;
  const Status replayed = replay(arguments, *loaded, &counters);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  // A replay that never came to its first record has only its error to tell.
  if (replayed || counters.records > 0) std::fputs(summary_of(counters, seconds).c_str(), stderr);
  return replayed ? static_cast<int>(kOk) : report(replayed.error());
}

}  // namespace

void add_replay(CLI::App& app, Run* run) {
  auto arguments = std::make_shared<ReplayArguments>();
  CLI::App* command = app.add_subcommand(
      "replay",
      "Runs a log file through the same task as `run`\n\n"
      "  freshet replay -c configs/replay.yaml --input log.jsonl.gz --output scores.jsonl\n"
      "  freshet replay -c configs/replay.yaml --input log.jsonl.gz --output /dev/null --verify\n"
      "  freshet replay -c configs/replay.yaml --input log.jsonl.gz --output /dev/null \\\n"
      "      --dead-letters /dev/null --explain u1\n"
      "  freshet replay -c configs/replay.yaml --input log.jsonl.gz --output /dev/null \\\n"
      "      --dead-letters /dev/null --export-examples examples.jsonl.gz");
  add_config_options(command, &arguments->config);
  add_input_options(command, &arguments->input);
  command->add_option("--output", arguments->output, "scores, one line each; - is stdout")
      ->required();
  command->add_option("--dead-letters", arguments->dead_letters,
                      "refused records (default: OUTPUT.dead-letters)");
  command->add_option("--shadow-output", arguments->shadow_output,
                      "scores of the model that shadow.path names, one line each; - is stdout");
  command->add_option("--model", arguments->model, "model folder (default: model.path)");
  command->add_option("--state", arguments->state,
                      "keeps the state in this new folder (default: in memory)");
  CLI::Option* verify =
      command->add_flag("--verify", arguments->verify,
                        "recomputes every representation and score in double; exit 1 where one is "
                        "out of its bound");
  CLI::Option* explain = command->add_option(
      "--explain", arguments->explain, "USER: prints what each event of this user was scored on");
  command->add_option(
      "--export-examples", arguments->export_examples,
      "training data: what each candidate was scored on, with its label; gzip where "
      "the name ends in .gz, - is stdout");
  command
      ->add_option("--swaps", arguments->swaps,
                   "which model scored what, as `model swaps` lists it: repeats that run")
      ->excludes(verify)
      ->excludes(explain);
  add_seed_options(command, &arguments->input);
  command->callback([arguments, run] { *run = [arguments] { return run_replay(*arguments); }; });
}

}  // namespace freshet::commands
