#include "pipeline/http/health_report.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/json_text.h"

namespace freshet::pipeline {
namespace {

std::string count_of(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

HealthPart assigned(const std::vector<WorkerStatus>& workers) {
  std::size_t partitions = 0;
  for (const WorkerStatus& worker : workers) {
    partitions += worker.partitions.size() + worker.restores.size();
  }
  if (partitions > 0) return {"assigned", true, count_of(partitions, "partition")};
  return {"assigned", false,
          "no partition yet: the group is being joined, or it has more threads than partitions"};
}

// None where no partition is being restored.
std::optional<HealthPart> restoring(const std::vector<WorkerStatus>& workers) {
  std::size_t partitions = 0;
  std::uint64_t records = 0;
  std::uint64_t remaining = 0;
  std::string trouble;
  for (const WorkerStatus& worker : workers) {
    partitions += worker.restores.size();
    if (worker.restore_trouble) trouble = "; trying again: " + *worker.restore_trouble;
    for (const RestoreProgress& restore : worker.restores) {
      records += restore.records;
      remaining += restore.remaining;
    }
  }
  if (partitions == 0) return std::nullopt;
  return HealthPart{"caught_up", false,
                    count_of(partitions, "partition") +
                        " being restored from the changelog: " + std::to_string(records) +
                        " records read, up to " + std::to_string(remaining) + " to go" + trouble};
}

HealthPart caught_up(const std::vector<WorkerStatus>& workers) {
  if (auto restores = restoring(workers)) return *std::move(restores);
  std::size_t again = 0;
  std::int64_t records = 0;
  for (const WorkerStatus& worker : workers) {
    for (const PartitionStatus& partition : worker.partitions) {
      if (!partition.reading_again) continue;
      ++again;
      records += partition.publish_from.value - partition.read_from.value;
    }
  }
  if (again == 0) return {"caught_up", true, "nothing is read again"};
  return {"caught_up", false,
          count_of(again, "partition") + " still to read again, about " + std::to_string(records) +
              " records"};
}

// A version that is refused is no reason to send nobody here: the one before it serves.
HealthPart model_in_service(const ModelSource& models) {
  std::string why = models.newest()->label;
  for (const ModelRefusal& refusal : models.status().refused) {
    why += "; refused: " + refusal.message;
  }
  return {"model", true, std::move(why)};
}

// Of the operations that one dependency answers: is any worker repeating one?
HealthPart answered(const std::string& name, bool store, const std::vector<WorkerStatus>& workers) {
  for (const WorkerStatus& worker : workers) {
    if (worker.trouble && is_of_store(worker.trouble->operation) == store) {
      return {name, false,
              std::string(gerund_of(worker.trouble->operation)) + ": " + worker.trouble->message};
    }
  }
  return {name, true, "in order"};
}

}  // namespace

bool HealthReport::ok() const {
  return std::all_of(parts.begin(), parts.end(), [](const HealthPart& part) { return part.ok; });
}

HealthReport liveness(const ProcessView& process) {
  HealthReport report;
  const std::int64_t now = process.clock->monotonic_ms();
  for (std::size_t i = 0; i < process.workers.size(); ++i) {
    const StatusBoard& board = *process.workers[i].board;
    HealthPart part{"worker_" + std::to_string(i), true, "beats"};
    const auto beat = board.last_beat_ms();
    if (board.finished()) {
      part.why = "has ended";
    } else if (!beat) {
      part.why = "is starting";
    } else if (now - *beat > kBeatLimit.count()) {
      part.ok = false;
      part.why = "is stuck: it has not beaten for " + std::to_string((now - *beat) / 1'000) +
                 " s; restart the worker, and keep a stack trace of it (gdb -p, thread apply all "
                 "bt)";
    }
    report.parts.push_back(std::move(part));
  }
  return report;
}

HealthReport readiness(const ProcessView& process) {
  const std::vector<WorkerStatus> workers = process.read_workers();
  HealthReport report;
  report.parts = {assigned(workers), caught_up(workers), model_in_service(*process.models),
                  answered("store", true, workers), answered("brokers", false, workers)};
  if (process.stop->requested()) report.parts.push_back({"running", false, "stopping"});
  return report;
}

std::string health_json(const HealthReport& report) {
  std::string json = std::string("{\"ok\":") + (report.ok() ? "true" : "false") + ",\"parts\":{";
  for (const HealthPart& part : report.parts) {
    if (&part != &report.parts.front()) json.push_back(',');
    append_json_string(part.name, &json);
    json += std::string(":{\"ok\":") + (part.ok ? "true" : "false") + ",\"why\":";
    append_json_string(part.why, &json);
    json.push_back('}');
  }
  return json + "}}\n";
}

}  // namespace freshet::pipeline
