#include "pipeline/metrics/metrics_page.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <sstream>

#include "pipeline/log/log.h"
#include "pipeline/metrics/metric_list.h"
#include "pipeline/metrics/model_bytes.h"
#include "pipeline/metrics/process_usage.h"
#include "scorer/files/model_words.h"

namespace freshet::pipeline {
namespace {

using prometheus::MetricType;

std::string number(std::size_t value) { return std::to_string(value); }

void add_models(const ModelSource& models, MetricList* list) {
  const std::shared_ptr<const ServedModel> newest = models.newest();
  const ModelStatus status = models.status();
  list->gauge(
      "freshet_model_info", "The served model; always 1.", 1,
      {{"model", newest->label},
       {"variant", std::string(scorer::word_of(scorer::kVariantWords, newest->model->variant))}});
  std::size_t bytes = 0;
  for (const auto& model : status.in_memory) bytes += model_bytes(*model);
  list->gauge("freshet_model_bytes", "Memory of the models, not part of the budget.",
              static_cast<double>(bytes));
  list->gauge("freshet_models_in_memory", "Models in memory: two while one follows another.",
              static_cast<double>(status.in_memory.size()));
  list->gauge("freshet_model_items", "Items that the served model knows.",
              static_cast<double>(newest->model->item_ids.size()));
  list->gauge("freshet_model_versions", "Versions in model.path; 0 where it is one model.",
              static_cast<double>(status.versions));
  list->gauge("freshet_model_versions_refused",
              "Versions that would be served, were they in order.",
              static_cast<double>(status.refused.size()));
  list->counter("freshet_model_swaps_total", "Versions that followed another since the start.",
                status.loads);
  list->begin(MetricType::Counter, "freshet_model_refused_total",
              "Versions that were refused, by reason.");
  for (std::size_t i = 0; i < kModelFaults; ++i) {
    list->add(static_cast<double>(status.refusals[i]),
              {{"reason", std::string(name_of(static_cast<ModelFault>(i)))}});
  }
}

void add_process(const ProcessView& process, MetricList* list) {
  list->gauge("freshet_build_info", "The running version; always 1.", 1,
              {{"version", process.version}});
  list->gauge("freshet_memory_budget_bytes", "state.memory_budget_mb.",
              static_cast<double>(process.config->memory_budget_mb << 20));
  list->gauge("freshet_store_bytes", "The store's live files on disk.",
              static_cast<double>(process.store_bytes()));
  const auto& memory = process.store_memory_bytes;
  list->gauge("freshet_store_memory_bytes", "The store's cache and write buffers.",
              static_cast<double>(memory ? memory() : 0));
  list->counter("freshet_log_lines_suppressed_total",
                "Log lines left out because many alike came at once.", log_lines_suppressed());
  const ProcessUsage usage = process_usage();
  list->gauge("process_resident_memory_bytes", "Resident memory of the process.",
              static_cast<double>(usage.resident_bytes));
  list->begin(MetricType::Counter, "process_cpu_seconds_total", "CPU time, user and system.");
  list->add(usage.cpu_seconds);
  list->gauge("process_start_time_seconds", "Start of the process, seconds since the epoch.",
              usage.start_time_seconds);
  list->gauge("process_open_fds", "Open file descriptors.",
              static_cast<double>(usage.open_descriptors));
}

// The families are there without a shadow, too, so that a dashboard has no gaps.
void add_shadow(const ServedModel* shadow, const Counters& counted, MetricList* list) {
  list->begin(MetricType::Gauge, "freshet_shadow_info", "The shadow model; always 1.");
  if (shadow != nullptr) {
    list->add(1, {{"model", shadow->label},
                  {"variant",
                   std::string(scorer::word_of(scorer::kVariantWords, shadow->model->variant))}});
  }
  list->gauge("freshet_shadow_bytes", "Memory of the shadow model, not part of the budget.",
              shadow == nullptr ? 0.0 : static_cast<double>(model_bytes(*shadow)));
  const ShadowCounters& made = counted.shadow;
  list->counter("freshet_shadow_records_total", "Records made for the shadow's topic.",
                made.records);
  list->begin(MetricType::Counter, "freshet_shadow_refusals_total",
              "Of these, those without scores, by reason.");
  for (const DeadLetterReason reason :
       {DeadLetterReason::kUnknownItem, DeadLetterReason::kEmptyCandidates,
        DeadLetterReason::kNonFiniteScore}) {
    list->add(static_cast<double>(made.refused[static_cast<std::size_t>(reason)]),
              {{"reason", std::string(name_of(reason))}});
  }
  list->counter("freshet_shadow_unknown_items_total",
                "Clicked or candidate items that the shadow does not know.", made.unknown_items);
  list->counter("freshet_shadow_non_finite_scores_total",
                "Candidates that the shadow left out for a score that is not finite.",
                made.non_finite);
  list->counter("freshet_shadow_compared_events_total",
                "Events for which both models published scores.", made.divergence.events);
  list->counter("freshet_shadow_equal_top_total", "Of these, those with the same best item.",
                made.divergence.top_equal);
  list->counter("freshet_shadow_compared_items_total", "Items of these events' longer lists.",
                made.divergence.items);
  list->counter("freshet_shadow_common_items_total", "Of these, those that both published.",
                made.divergence.common_items);
  list->begin(MetricType::Counter, "freshet_shadow_score_difference_total",
              "Absolute differences of these items' scores, added up.");
  list->add(made.divergence.score_difference);
}

// As above: there without a topic of examples, too.
void add_beside(const Counters& counted, MetricList* list) {
  list->counter("freshet_example_records_total",
                "Rows for the examples' topic, dropped ones included.", counted.examples);
  list->begin(MetricType::Counter, "freshet_outputs_dropped_total",
              "Records beside the main output that were left out, as too large.");
  for (const OutputTopic topic : {OutputTopic::kShadow, OutputTopic::kExamples}) {
    list->add(static_cast<double>(counted.dropped[static_cast<std::size_t>(topic)]),
              {{"output", std::string(name_of(topic))}});
  }
}

void add_records(const Counters& counted, MetricList* list) {
  list->counter("freshet_records_total", "Records taken from the input.", counted.records);
  list->counter("freshet_records_reread_total", "Records applied again at a start, without output.",
                counted.records_reread);
  list->counter("freshet_scores_total", "Score events published.", counted.scores);
  list->counter("freshet_tombstones_total", "Records without a value, ignored.",
                counted.tombstones);
  list->begin(MetricType::Counter, "freshet_dead_letters_total",
              "Records that could not be processed, by reason.");
  for (std::size_t i = 0; i < kDeadLetterReasons; ++i) {
    list->add(static_cast<double>(counted.dead_letters[i]),
              {{"reason", std::string(name_of(static_cast<DeadLetterReason>(i)))}});
  }
  list->counter("freshet_late_events_total",
                "Clicks older than the newest visible one of their user.", counted.late);
  list->counter("freshet_duplicate_events_total", "Clicks that were there already.",
                counted.duplicate);
  list->counter("freshet_unknown_items_total",
                "Clicked or candidate items that the model does not know.", counted.unknown_items);
  list->counter("freshet_non_finite_scores_total",
                "Candidates left out for a score that is not finite.", counted.non_finite);
}

void add_commits(const Counters& counted, const DurationHistogram& stalls, MetricList* list) {
  list->counter("freshet_commits_total", "Commits, of one partition each.", counted.commits);
  list->histogram("freshet_commit_duration_seconds",
                  "Time until outputs and positions of a commit were acknowledged.",
                  counted.commit_duration);
  list->histogram("freshet_checkpoint_duration_seconds",
                  "Time of a commit's batch in the store, of one partition each.",
                  counted.checkpoint_duration);
  list->counter("freshet_users_saved_total", "Users written to the store.", counted.users_saved);
  DurationHistogram visible = counted.event_to_score;
  visible += stalls;
  list->histogram("freshet_event_to_score_seconds",
                  "Time from a record's Kafka timestamp to its visible output, and the ages of "
                  "records that wait in a stall.",
                  visible);
  list->counter("freshet_stall_observations_total",
                "Samples of freshet_event_to_score_seconds that are of records still waiting.",
                stalls.count());
  list->counter("freshet_partition_model_swaps_total",
                "Changes of the served model while records came, of one partition each.",
                counted.model_swaps);
  list->counter("freshet_fenced_total", "Times that a thread lost its place in the group.",
                counted.fenced);
  list->begin(MetricType::Counter, "freshet_retries_total",
              "Attempts repeated because brokers or disk did not answer.");
  for (std::size_t i = 0; i < kOperations; ++i) {
    list->add(static_cast<double>(counted.retries[i]),
              {{"operation", std::string(name_of(static_cast<Operation>(i)))}});
  }
}

void add_users(const std::vector<WorkerStatus>& workers, const Counters& counted,
               MetricList* list) {
  std::size_t bytes = 0;
  std::size_t encoded = 0;
  std::size_t changed = 0;
  for (const WorkerStatus& worker : workers) {
    bytes += worker.hot_users_bytes;
    encoded += worker.encoded_users_bytes;
    changed += worker.changed_users;
  }
  list->counter("freshet_hot_users_hits_total", "Users found in memory.", counted.hot_user_hits);
  list->counter("freshet_hot_users_misses_total", "Users read from the store, or new.",
                counted.hot_user_misses);
  list->gauge("freshet_hot_users_bytes", "Memory of the users kept decoded.",
              static_cast<double>(bytes));
  list->gauge("freshet_encoded_users_bytes",
              "Memory of the users encoded for the store that are not in it yet.",
              static_cast<double>(encoded));
  list->gauge("freshet_changed_users", "Users with changes that are not encoded yet for the store.",
              static_cast<double>(changed));
}

void add_partitions(const std::vector<WorkerStatus>& workers, EventTime now, MetricList* list) {
  std::map<Partition, PartitionStatus> partitions;
  for (const WorkerStatus& worker : workers) {
    for (const PartitionStatus& one : worker.partitions) partitions.emplace(one.partition, one);
  }
  const auto again = std::count_if(partitions.begin(), partitions.end(),
                                   [](const auto& entry) { return entry.second.reading_again; });
  list->gauge("freshet_assigned_partitions", "Partitions that this process holds.",
              static_cast<double>(partitions.size()));
  list->gauge("freshet_reading_again_partitions",
              "Of these, those that still read again what was committed.",
              static_cast<double>(again));
  std::size_t restoring = 0;
  std::uint64_t remaining = 0;
  for (const WorkerStatus& worker : workers) {
    restoring += worker.restores.size();
    for (const RestoreProgress& restore : worker.restores) remaining += restore.remaining;
  }
  list->gauge("freshet_restoring_partitions",
              "Partitions whose state is being restored from the changelog.",
              static_cast<double>(restoring));
  list->gauge("freshet_restore_remaining_records",
              "Offsets of the changelog that these have still to read.",
              static_cast<double>(remaining));
  list->begin(MetricType::Gauge, "freshet_consumer_lag_records",
              "Records of the input that have no output yet.");
  for (const auto& [partition, status] : partitions) {
    if (!status.lag_records) continue;
    list->add(static_cast<double>(*status.lag_records),
              {{"partition", std::to_string(partition.value)}});
  }
  list->begin(MetricType::Gauge, "freshet_consumer_lag_seconds",
              "Age of the oldest record without a visible output; 0 where none waits.");
  for (const auto& [partition, status] : partitions) {
    const std::int64_t age =
        status.oldest_waiting ? std::max<std::int64_t>(now.ms - status.oldest_waiting->ms, 0) : 0;
    list->add(static_cast<double>(age) / 1e3, {{"partition", std::to_string(partition.value)}});
  }
}

void add_heartbeats(const ProcessView& process, MetricList* list) {
  list->begin(MetricType::Gauge, "freshet_worker_heartbeat_age_seconds",
              "Time since a worker thread last showed that it lives.");
  const std::int64_t now = process.clock->monotonic_ms();
  for (std::size_t i = 0; i < process.workers.size(); ++i) {
    const auto beat = process.workers[i].board->last_beat_ms();
    if (!beat) continue;
    list->add(static_cast<double>(std::max<std::int64_t>(now - *beat, 0)) / 1e3,
              {{"worker", number(i)}});
  }
}

}  // namespace

std::string metrics_page(const ProcessView& process, const StallObserver& stalls) {
  const std::vector<WorkerStatus> workers = process.read_workers();
  Counters counted;
  for (const WorkerStatus& worker : workers) counted += worker.counters;
  MetricList list;
  add_process(process, &list);
  add_models(*process.models, &list);
  add_records(counted, &list);
  add_shadow(process.shadow.get(), counted, &list);
  add_beside(counted, &list);
  add_commits(counted, stalls.observed(), &list);
  add_users(workers, counted, &list);
  add_partitions(workers, process.clock->now(), &list);
  add_heartbeats(process, &list);
  std::ostringstream page;
  prometheus::TextSerializer().Serialize(page, list.families());
  return page.str();
}

}  // namespace freshet::pipeline
