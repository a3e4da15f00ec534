#include "pipeline/commands/rebuild_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "pipeline/commands/command.h"
#include "pipeline/commands/config_arguments.h"
#include "pipeline/commands/load.h"
#include "pipeline/commands/progress.h"
#include "pipeline/events/event_time.h"
#include "pipeline/files/log_file.h"
#include "pipeline/kafka/group_positions.h"
#include "pipeline/kafka/topic_reader.h"
#include "pipeline/log/log.h"
#include "pipeline/memory_split.h"
#include "pipeline/state/rebuilt_directory.h"
#include "pipeline/state/state_report.h"
#include "pipeline/task/state_rebuild.h"
#include "stateful/rocksdb_state_store.h"

namespace freshet::commands {
namespace {

using pipeline::CommittedPosition;
using pipeline::DumpRecord;

struct RebuildArguments {
  ConfigArguments config;
  std::string state;  // overrides state.path
  std::string input;  // a log or dump; empty: the topic
  std::string to;     // of reset-time
};

pipeline::KafkaTransportOptions client_of(const pipeline::WorkerConfig& config) {
  pipeline::KafkaTransportOptions client;
  client.client_id = config.application_id + "-rebuild";
  client.log = pipeline::log_syslog;
  return client;
}

stateful::RocksDbOptions store_options(const pipeline::WorkerConfig& config,
                                       const std::filesystem::path& directory) {
  stateful::RocksDbOptions options;
  options.directory = directory;
  options.application_id = config.application_id;
  options.memory_bytes = pipeline::split_memory(config.memory_budget_mb).store_bytes;
  options.log = [](std::string_view line) { pipeline::log_debug(line); };
  return options;
}

// The partitions that the old state holds; all of the topic's where it cannot be told.
Result<std::vector<Partition>> wanted_partitions(const pipeline::WorkerConfig& config,
                                                 const std::filesystem::path& directory,
                                                 std::size_t partition_count) {
  std::vector<Partition> all;
  for (std::size_t p = 0; p < partition_count; ++p) all.push_back({static_cast<std::int32_t>(p)});
  std::error_code ignored;
  if (!std::filesystem::exists(directory / "CURRENT", ignored)) return all;
  stateful::RocksDbOptions options = store_options(config, directory);
  options.read_only = true;
  const auto old = stateful::RocksDbStateStore::open(options);
  if (!old && old.error().code == ErrorCode::kInvalidConfig) return tl::unexpected(old.error());
  auto held = old ? (*old)->partitions() : tl::unexpected<Error>(old.error());
  if (!held) {
    std::fprintf(stderr, "freshet: %s; all partitions are rebuilt\n", held.error().message.c_str());
    return all;
  }
  return held->empty() ? all : *held;
}

Result<std::vector<pipeline::RebuildGoal>> goals_of(
    const std::vector<Partition>& wanted,
    const std::vector<std::optional<CommittedPosition>>& committed,
    const std::string& application_id) {
  std::vector<pipeline::RebuildGoal> goals;
  for (const Partition partition : wanted) {
    if (partition.value >= static_cast<std::int32_t>(committed.size())) {
      return error(ErrorCode::kInvalidConfig,
                   "the state directory holds partition " + std::to_string(partition.value) +
                       ", the topic has " + std::to_string(committed.size()) +
                       ": check kafka.input and kafka.bootstrap");
    }
    const auto& position = committed[static_cast<std::size_t>(partition.value)];
    if (position) goals.push_back({partition, *position, std::nullopt});
  }
  if (!goals.empty()) return goals;
  return error(
      ErrorCode::kInvalidConfig,
      "the group " + application_id +
          " has committed no position of these partitions, so there is nothing to rebuild: "
          "check application_id, or start a worker on an empty directory");
}

pipeline::InputRecord view_of(const DumpRecord& record) {
  return {record.partition, record.offset, record.timestamp, record.key, record.value};
}

// A source of records that is open, and knows how many there are where it can.
struct Source {
  std::optional<pipeline::TopicReader> topic;
  std::optional<pipeline::LogFile> file;
  std::uint64_t total = 0;  // 0: not known
};

Result<Source> open_source(const pipeline::WorkerConfig& config, const std::string& input,
                           std::size_t partition_count, std::vector<pipeline::RebuildGoal>* goals) {
  Source source;
  if (!input.empty()) {
    Result<pipeline::LogFile> file = pipeline::LogFile::open(config, input);
    if (!file) return tl::unexpected(file.error());
    if (file->dump_topic() && file->dump_topic()->name != config.kafka.input) {
      return error(ErrorCode::kInvalidConfig, input + ": is a dump of topic " +
                                                  file->dump_topic()->name +
                                                  ", and kafka.input is " + config.kafka.input);
    }
    Status fits = file->set_partition_count(static_cast<std::int32_t>(partition_count));
    if (!fits) return tl::unexpected(fits.error());
    source.file.emplace(std::move(*file));
    return source;
  }
  auto topic = pipeline::TopicReader::open(config, config.kafka.input, client_of(config));
  if (!topic) return tl::unexpected(topic.error());
  std::map<Partition, Position> ends;
  for (pipeline::RebuildGoal& goal : *goals) {
    const PositionRange& range = topic->range(goal.partition);
    const Position end = goal.committed.position;
    if (range.end < end) {
      return error(ErrorCode::kInvalidConfig,
                   config.kafka.input + "-" + std::to_string(goal.partition.value) +
                       " ends at position " + std::to_string(range.end.value) +
                       ", before the group's " + std::to_string(end.value) +
                       ": the topic was made anew; choose another application_id for it");
    }
    goal.begin = range.begin;
    ends[goal.partition] = end;
    source.total +=
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, end.value - range.begin.value));
  }
  for (std::int32_t p = 0; p < topic->partition_count(); ++p) {
    const auto end = ends.find({p});
    topic->end_before({p}, end == ends.end() ? Position{0} : end->second);
  }
  source.topic.emplace(std::move(*topic));
  return source;
}

Status read_all(Source* source, pipeline::StateRebuild* rebuild) {
  const SystemClock clock;
  Progress progress("rebuild", "records", clock);
  const auto apply = [&](const DumpRecord& record) -> Status {
    Status applied = rebuild->apply(view_of(record));
    if (source->file) {
      progress.update_share(rebuild->records(), source->file->share());
    } else if (source->total > 0) {
      progress.update(rebuild->records(), source->total);
    } else {
      progress.update(rebuild->records());
    }
    return applied;
  };
  if (source->topic) return source->topic->read(apply);
  while (true) {
    const auto record = source->file->next();
    if (!record) return tl::unexpected(record.error());
    if (!*record) return {};
    if (Status applied = apply(**record); !applied) return applied;
  }
}

// Fills the store of the new directory, closes it, and says what it holds.
Status fill(const Loaded& loaded, const std::filesystem::path& directory, Source* source,
            const std::vector<pipeline::RebuildGoal>& goals,
            const pipeline::RebuildOptions& options) {
  const SystemClock clock;
  pipeline::Counters counters;
  auto store = stateful::RocksDbStateStore::open(store_options(loaded.config, directory));
  if (!store) return tl::unexpected(store.error());
  const pipeline::TaskContext context{&loaded.config, loaded.model, store->get(), &clock,
                                      &counters};
  auto rebuild = pipeline::StateRebuild::create(context, goals, options);
  if (!rebuild) return tl::unexpected(rebuild.error());
  if (Status read = read_all(source, &*rebuild); !read) return read;
  if (Status finished = rebuild->finish(); !finished) return finished;
  const auto verified = pipeline::verify_state(store->get(), loaded.config.limits());
  if (!verified) return tl::unexpected(verified.error());
  std::fputs(pipeline::describe(*verified).c_str(), stdout);
  if (verified->sound()) return {};
  return error(ErrorCode::kCorruptState, directory.string() +
                                             ": what was written does not verify; "
                                             "the old state is untouched");
}

Status make_new(const RebuildArguments& arguments, const Loaded& loaded,
                const std::filesystem::path& state, const std::filesystem::path& directory,
                std::optional<EventTime> latest) {
  const pipeline::WorkerConfig& config = loaded.config;
  const auto committed = pipeline::group_positions(config, client_of(config));
  if (!committed) return tl::unexpected(committed.error());
  const auto wanted = wanted_partitions(config, state, committed->size());
  if (!wanted) return tl::unexpected(wanted.error());
  auto goals = goals_of(*wanted, *committed, config.application_id);
  if (!goals) return tl::unexpected(goals.error());
  auto source = open_source(config, arguments.input, committed->size(), &*goals);
  if (!source) return tl::unexpected(source.error());

  pipeline::RebuildOptions options;
  options.partition_count = static_cast<std::int32_t>(committed->size());
  options.cache_bytes = pipeline::split_memory(config.memory_budget_mb).hot_users_bytes;
  options.latest = latest;
  return fill(loaded, directory, &*source, *goals, options);
}

// A start would set aside what is rebuilt here, for what the changelog says.
Status refuse_with_changelog(const pipeline::WorkerConfig& config) {
  if (!config.changelog) return {};
  return error(ErrorCode::kInvalidConfig,
               "with changelog: on the state is in the changelog, too, and a worker that starts "
               "restores it from there: start one where the directory is lost or damaged; under "
               "other settings, or without an event, set changelog: off first, as docs/state.md "
               "says under \"With a changelog\"");
}

Status rebuild(const RebuildArguments& arguments, std::optional<EventTime> latest) {
  const Result<Loaded> loaded = load(arguments.config.source(), "");
  if (!loaded) return tl::unexpected(loaded.error());
  if (Status fits = refuse_with_changelog(loaded->config); !fits) return fits;
  const SystemClock clock;
  const std::filesystem::path state =
      arguments.state.empty() ? loaded->config.state_path : arguments.state;
  auto directory = pipeline::RebuiltDirectory::begin(state, clock.now());
  if (!directory) return tl::unexpected(directory.error());
  if (Status made = make_new(arguments, *loaded, state, directory->path(), latest); !made) {
    directory->discard();
    return made;
  }
  const auto kept = directory->swap_in();
  if (!kept) return tl::unexpected(kept.error());
  std::fprintf(stderr, "rebuilt: %s\n", state.c_str());
  if (*kept) {
    std::fprintf(stderr, "the state of before is kept in %s; delete it when nobody needs it\n",
                 (*kept)->c_str());
  }
  return {};
}

int run_rebuild(const RebuildArguments& arguments) {
  const Status done = rebuild(arguments, std::nullopt);
  return done ? static_cast<int>(kOk) : report(done.error());
}

int run_reset_time(const RebuildArguments& arguments) {
  pipeline::TimeProblem problem{};
  const auto latest = pipeline::event_time_of_rfc3339(arguments.to, &problem);
  if (!latest) {
    std::fprintf(stderr,
                 "freshet: --to: \"%s\" is no time between 2000 and 2100 such as "
                 "2026-11-25T18:00:00Z\n",
                 arguments.to.c_str());
    return kUsage;
  }
  const Status done = rebuild(arguments, latest);
  return done ? static_cast<int>(kOk) : report(done.error());
}

void add_options(CLI::App* command, RebuildArguments* arguments) {
  add_config_options(command, &arguments->config);
  command->add_option("--state", arguments->state, "state directory (default: state.path)");
  command->add_option("--input", arguments->input, "reads this log or dump in place of the topic");
}

}  // namespace

void add_rebuild(CLI::App* state, Run* run) {
  auto arguments = std::make_shared<RebuildArguments>();
  CLI::App* command = state->add_subcommand(
      "rebuild",
      "Makes the state again from the input, the old one kept\n\n"
      "  freshet state rebuild -c configs/worker.yaml\n"
      "  freshet state rebuild -c configs/worker.yaml --input clicks.dump\n\n"
      "It reads the input up to what the group has committed. No worker may hold the directory;\n"
      "the old state is kept beside the new one.");
  add_options(command, arguments.get());
  command->callback([arguments, run] { *run = [arguments] { return run_rebuild(*arguments); }; });

  CLI::App* reset = state->add_subcommand(
      "reset-time",
      "Rebuilds without the events that a wrong clock dated too late\n\n"
      "  freshet state reset-time -c configs/worker.yaml --to 2026-11-25T18:00:00Z\n\n"
      "Lists them first: they are left out by input.exclude in every worker's configuration, so\n"
      "that nobody reads them again. Then it rebuilds, and no stream time is later.");
  add_options(reset, arguments.get());
  reset->add_option("--to", arguments->to, "the latest time that is right, RFC 3339")->required();
  reset->callback([arguments, run] { *run = [arguments] { return run_reset_time(*arguments); }; });
}

}  // namespace freshet::commands
