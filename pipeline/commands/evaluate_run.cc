#include "pipeline/commands/evaluate_run.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "pipeline/commands/evaluate_spans.h"
#include "pipeline/commands/progress.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/evaluate/judge.h"
#include "pipeline/evaluate/row_collector.h"
#include "pipeline/files/file_transport.h"
#include "pipeline/log/log.h"
#include "pipeline/models/open_model.h"
#include "pipeline/worker/worker.h"
#include "scorer/float_mode.h"
#include "stateful/memory_state_store.h"

namespace freshet::commands {
namespace {

struct Entry {
  std::string path;
  std::shared_ptr<const pipeline::ServedModel> model;
};

// Clicks and bare requests need no scores here: only what has its own candidates is judged.
Result<pipeline::WorkerConfig> load_evaluated_config(const EvaluateArguments& arguments) {
  Result<pipeline::WorkerConfig> config = pipeline::load_config(arguments.config.source());
  if (!config) return config;
  pipeline::log_init(config->log_level, config->log_format);
  scorer::set_float_mode();
  config->candidates.source = pipeline::CandidateSource::kEvent;
  config->candidates.publish = 1;
  return config;
}

Result<std::vector<Entry>> load_entries(const EvaluateArguments& arguments,
                                        const pipeline::WorkerConfig& config) {
  std::vector<std::string> paths = arguments.models;
  if (paths.empty()) paths.push_back(config.model_path);
  std::vector<Entry> entries;
  for (const std::string& path : paths) {
    auto opened = pipeline::open_model(path, config);
    if (!opened) {
      const std::string& message = opened.error().message;
      const bool names_it = message.starts_with(path);
      return error(opened.error().code, names_it ? message : path + ": " + message);
    }
    entries.push_back({opened->folder, std::move(opened->model)});
  }
  return entries;
}

// Labels; where two share one, with the folder's name, and where that does not tell them apart
// either, with the folder's path.
std::vector<std::string> names_of(const std::vector<Entry>& entries) {
  const auto folder_of = [](const std::string& path) {
    const std::filesystem::path normal = std::filesystem::path(path + "/").lexically_normal();
    return normal.parent_path().filename().string();
  };
  std::vector<std::string> names;
  for (const Entry& entry : entries) {
    const auto same_label = std::count_if(entries.begin(), entries.end(), [&](const Entry& other) {
      return other.model->label == entry.model->label;
    });
    const auto same_folder = std::count_if(entries.begin(), entries.end(), [&](const Entry& other) {
      return folder_of(other.path) == folder_of(entry.path);
    });
    const std::string& label = entry.model->label;
    names.push_back(same_label == 1    ? label
                    : same_folder == 1 ? label + " (" + folder_of(entry.path) + ")"
                                       : label + " (" + entry.path + ")");
  }
  return names;
}

Result<std::optional<std::size_t>> scene_of(const std::string& scene,
                                            const std::vector<std::string>& context) {
  if (scene.empty()) return context.empty() ? std::nullopt : std::optional<std::size_t>(0);
  const auto found = std::find(context.begin(), context.end(), scene);
  if (found != context.end()) {
    return std::optional(static_cast<std::size_t>(found - context.begin()));
  }
  std::string fields;
  for (const std::string& field : context) fields += (fields.empty() ? "" : ", ") + field;
  return error(ErrorCode::kInvalidConfig, "--scene " + scene + ": is not among events.context (" +
                                              (fields.empty() ? "which is empty" : fields) +
                                              "); add it there");
}

Result<pipeline::CollectOptions> collect_options(const EvaluateArguments& arguments,
                                                 const pipeline::WorkerConfig& config) {
  pipeline::CollectOptions options;
  if (!arguments.from.empty()) {
    auto from = instant_of("--from", arguments.from, arguments.utc_offset_hours, DayEdge::kBegin);
    if (!from) return tl::unexpected(from.error());
    options.from = *from;
  }
  if (!arguments.until.empty()) {
    auto until = instant_of("--until", arguments.until, arguments.utc_offset_hours, DayEdge::kEnd);
    if (!until) return tl::unexpected(until.error());
    options.until = *until;
  }
  if (options.from && options.until && *options.until <= *options.from) {
    return error(ErrorCode::kInvalidConfig,
                 "--until " + arguments.until + " is not after --from " + arguments.from);
  }
  auto scene = scene_of(arguments.scene, config.events.context);
  if (!scene) return tl::unexpected(scene.error());
  options.scene = *scene;
  options.requests = arguments.requests;
  options.rates = options.from.has_value();
  options.truth = arguments.truth;
  options.bytes_max = config.memory_budget_mb << 18;
  return options;
}

// One pass over the log.
class Replay {
 public:
  Replay(const EvaluateArguments& arguments, const pipeline::WorkerConfig& config,
         const std::vector<Entry>& entries)
      : arguments_(arguments), config_(config) {
    for (const Entry& entry : entries) models_.push_back(entry.model);
  }

  Result<pipeline::JudgedLog> run(pipeline::CollectOptions options) {
    auto input = arguments_.input.open(config_);
    if (!input) return tl::unexpected(input.error());
    auto delayed = delayed_workers(input->partition_count());
    if (!delayed) return tl::unexpected(delayed.error());
    options.on_failure = [this] { stop_.request(); };
    auto collector =
        pipeline::RowCollector::create(config_, models_, std::move(options), std::move(*delayed));
    if (!collector) return tl::unexpected(collector.error());
    stateful::MemoryStateStore store;
    auto committed = arguments_.input.seed(config_, input->partition_count(), clock_, true, &store);
    if (!committed) return tl::unexpected(committed.error());
    pipeline::FileTransportOptions files;
    files.output = files.dead_letters = "/dev/null";
    files.committed = std::move(*committed);
    Progress progress("evaluate", "records", clock_);
    files.on_read = [&progress](std::uint64_t records, std::optional<double> share) {
      progress.update_share(records, share);
    };
    pipeline::TaskContext context;
    context.config = &config_;
    context.model = models_.front();
    context.beside.assign(models_.begin() + 1, models_.end());
    context.store = &store;
    context.clock = &clock_;
    context.counters = &counters_;
    context.observer = collector->get();
    pipeline::Worker worker(context, cache_bytes(), file_transport(&*input, &files), &stop_);
    const Status ended = worker.run();
    progress.finish();
    if (!ended) return tl::unexpected(ended.error());
    tell_refused();
    return (*collector)->finish();
  }

 private:
  // Half of the budget holds hot users: the tasks' and each delayed worker's.
  std::size_t cache_bytes() const { return (config_.memory_budget_mb << 19) / (1 + delays_); }

  Result<std::vector<std::unique_ptr<pipeline::DelayedWorker>>> delayed_workers(
      std::int32_t partition_count) {
    auto delays = delays_of(arguments_.delays);
    if (!delays) return tl::unexpected(delays.error());
    delays_ = delays->size();
    const auto partitions = static_cast<std::size_t>(std::max(partition_count, 1));
    std::vector<std::unique_ptr<pipeline::DelayedWorker>> workers;
    for (const DurationMs delay : *delays) {
      auto store = std::make_unique<stateful::MemoryStateStore>();
      const auto seeded =
          arguments_.input.seed(config_, partition_count, clock_, false, store.get());
      if (!seeded) return tl::unexpected(seeded.error());
      workers.push_back(std::make_unique<pipeline::DelayedWorker>(
          config_, models_, delay, std::move(store), cache_bytes() / partitions));
    }
    return workers;
  }

  // Items that a model does not know are its coverage's matter.
  void tell_refused() const {
    std::string reasons;
    std::uint64_t refused = 0;
    for (std::size_t r = 0; r < std::size(counters_.dead_letters); ++r) {
      const auto reason = static_cast<pipeline::DeadLetterReason>(r);
      const std::uint64_t count = counters_.dead_letters[r];
      if (count == 0 || reason == pipeline::DeadLetterReason::kUnknownItem ||
          reason == pipeline::DeadLetterReason::kEmptyCandidates ||
          reason == pipeline::DeadLetterReason::kNonFiniteScore) {
        continue;
      }
      refused += count;
      reasons += (reasons.empty() ? "" : ", ") + std::string(pipeline::name_of(reason)) + " " +
                 grouped(count);
    }
    if (refused == 0) return;
    std::fprintf(stderr,
                 "refused: %s of %s records (%s); freshet replay --dead-letters names them\n",
                 grouped(refused).c_str(), grouped(counters_.records).c_str(), reasons.c_str());
  }

  const EvaluateArguments& arguments_;
  const pipeline::WorkerConfig& config_;
  pipeline::ServedModels models_;
  SystemClock clock_;
  pipeline::StopSignal stop_;
  pipeline::Counters counters_;
  std::size_t delays_ = 0;
};

void name_entrants(const std::vector<Entry>& entries, pipeline::JudgedLog* log) {
  const std::vector<std::string> names = names_of(entries);
  for (std::size_t e = 0; e < log->entrants.size(); ++e) {
    pipeline::Entrant& entrant = log->entrants[e];
    if (e < entries.size()) {
      entrant.name = names[e];
      entrant.path = entries[e].path;
    } else {
      entrant.name = pipeline::name_of(entrant.kind);
    }
  }
}

}  // namespace

Result<pipeline::EvaluationReport> evaluate(const EvaluateArguments& arguments) {
  const auto config = load_evaluated_config(arguments);
  if (!config) return tl::unexpected(config.error());
  const auto entries = load_entries(arguments, *config);
  if (!entries) return tl::unexpected(entries.error());
  const auto options = collect_options(arguments, *config);
  if (!options) return tl::unexpected(options.error());
  auto log = Replay(arguments, *config, *entries).run(*options);
  if (!log) return tl::unexpected(log.error());
  name_entrants(*entries, &*log);

  const SystemClock clock;
  Progress progress("judge", "models", clock);
  pipeline::EvaluationReport report =
      pipeline::judge(*log, arguments.bootstrap,
                      [&](std::size_t judged) { progress.update(judged, log->entrants.size()); });
  progress.finish();
  report.log = arguments.input.log;
  report.from = options->from;
  report.until = options->until;
  report.sequence = config->behaviours.front().limits.name;
  if (options->scene) report.scene = config->events.context[*options->scene];
  return report;
}

}  // namespace freshet::commands
