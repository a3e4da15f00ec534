#include "pipeline/restore/restorer.h"

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include "pipeline/log/log.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kRecordsMax = 2'000;
constexpr std::int64_t kLogIntervalMs = 5'000;

}  // namespace

void Restorer::start(RestoreRequest request) {
  if (restores_.empty()) begun_ms_ = logged_ms_ = context_.clock->monotonic_ms();
  const Partition partition = request.partition;
  restores_.try_emplace(partition, std::move(request), context_.store, context_.clock,
                        context_.limits);
}

void Restorer::cancel(Partition partition) {
  if (restores_.erase(partition) > 0 && reader_ != nullptr) reader_->stop(partition);
  std::erase_if(ended_, [&](const RestoreOutcome& o) { return o.partition == partition; });
}

void Restorer::end(Partition partition, Result<std::optional<stateful::StoredMarker>> outcome) {
  if (reader_ != nullptr) reader_->stop(partition);
  restores_.erase(partition);
  ended_.push_back({partition, std::move(outcome)});
}

Status Restorer::step_all() {
  for (auto next = restores_.begin(); next != restores_.end();) {
    const auto current = next++;
    const Partition partition = current->first;
    const Result<bool> over = current->second.step(reader_.get());
    if (!over && over.error().code == ErrorCode::kUnavailable) return tl::unexpected(over.error());
    if (!over) {
      end(partition, tl::unexpected(over.error()));
    } else if (*over) {
      log_restored(current->second.progress());
      end(partition, current->second.restored());
    }
  }
  return {};
}

// What concerns the reader concerns every restore.
Status Restorer::fail(const Error& error) {
  if (error.code == ErrorCode::kUnavailable) return tl::unexpected(error);
  while (!restores_.empty()) end(restores_.begin()->first, tl::unexpected(error));
  reader_.reset();
  return {};
}

Status Restorer::step(std::chrono::milliseconds timeout) {
  Status advanced = advance(timeout);
  trouble_.message.reset();
  if (!advanced) {
    ++trouble_.failures;
    trouble_.message = advanced.error().message;
  }
  return advanced;
}

Status Restorer::advance(std::chrono::milliseconds timeout) {
  if (restores_.empty()) return {};
  if (reader_ == nullptr) {
    Result<std::unique_ptr<ChangelogReader>> opened = context_.open_reader();
    if (!opened) return fail(opened.error());
    reader_ = std::move(*opened);
  }
  // Before more is read: what could not be written yet must not pile up.
  if (Status stepped = step_all(); !stepped || restores_.empty()) return stepped;
  const Result<RecordBatch> batch = reader_->poll(timeout, kRecordsMax);
  if (!batch) return fail(batch.error());
  for (const InputRecord& record : batch->records) {
    const auto restore = restores_.find(record.partition);
    if (restore == restores_.end()) continue;
    if (Status taken = restore->second.take(record); !taken) {
      end(record.partition, tl::unexpected(taken.error()));
    }
  }
  log_progress();
  return step_all();
}

std::vector<RestoreOutcome> Restorer::take_ended() {
  if (Status stepped = step(std::chrono::milliseconds(0)); !stepped) {
    log_warn("restoring: " + stepped.error().message + "; trying again");
  }
  return ended();
}

std::vector<RestoreProgress> Restorer::progress() const {
  std::vector<RestoreProgress> all;
  for (const auto& [partition, restore] : restores_) all.push_back(restore.progress());
  return all;
}

void Restorer::log_restored(const RestoreProgress& restore) const {
  if (restore.records == 0) return;
  const double seconds = static_cast<double>(context_.clock->monotonic_ms() - begun_ms_) / 1'000.0;
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", seconds);
  log_info("partition " + std::to_string(restore.partition.value) +
           ": restored from the changelog, " + std::to_string(restore.records) + " records in " +
           text + " s");
}

void Restorer::log_progress() {
  const std::int64_t now = context_.clock->monotonic_ms();
  if (now - logged_ms_ < kLogIntervalMs) return;
  logged_ms_ = now;
  std::uint64_t records = 0;
  std::uint64_t remaining = 0;
  for (const RestoreProgress& one : progress()) {
    records += one.records;
    remaining += one.remaining;
  }
  const auto all = static_cast<double>(records + remaining);
  std::string line = "restoring " + std::to_string(restores_.size()) +
                     " partitions: " + std::to_string(records) + " records";
  if (records > 0 && remaining > 0) {
    const double seconds = static_cast<double>(now - begun_ms_) / 1'000.0;
    const double left = seconds * static_cast<double>(remaining) / static_cast<double>(records);
    line += ", " + std::to_string(static_cast<int>(100.0 * static_cast<double>(records) / all)) +
            " %, about " + std::to_string(static_cast<int>(left) + 1) + " s left";
  }
  log_info(line);
}

}  // namespace freshet::pipeline
