// SimTransport: a MemoryTransport that waits on the simulated clock, and whose commits may go on
// beside the worker: a request of them now and then, and the outcome some time behind the last.
// Everything else that happens to a transport's calls, the broker's hooks do (env.h).
//
// Threads: the fiber of its worker
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/position_metadata.h"
#include "tests/sim/process.h"
#include "tests/support/memory_transport.h"

namespace freshet::sim {

class SimTransport final : public pipeline::Transport {
 public:
  SimTransport(Process* process, std::unique_ptr<pipeline::Transport> inner)
      : process_(process), inner_(std::move(inner)) {}

  Result<pipeline::RecordBatch> poll(std::chrono::milliseconds timeout,
                                     std::size_t records_max) override {
    Env* const env = process_->env();
    const std::size_t records = 1 + env->random.below(std::min(records_max, kRecordsMax));
    auto batch = inner_->poll(std::chrono::milliseconds(0), records);
    if (!batch) note("poll", batch.error());
    if (batch && !batch->records.empty()) note("polled", batch->records);
    if (!batch || !batch->records.empty()) return batch;
    const auto span = static_cast<std::uint64_t>(timeout.count());
    process_->sleep(1 + static_cast<std::int64_t>(env->random.below(span)));
    return batch;
  }

  Status subscribe(pipeline::RebalanceListener* listener) override {
    return inner_->subscribe(listener);
  }
  Status start_at(Partition partition, Position position) override {
    process_->note("start_at " + text(partition, position));
    return inner_->start_at(partition, position);
  }
  Result<std::int32_t> partition_count() override { return inner_->partition_count(); }
  Result<std::vector<std::optional<pipeline::CommittedPosition>>> committed(
      std::span<const Partition> partitions) override {
    return inner_->committed(partitions);
  }
  Result<PositionRange> range(Partition partition) override { return inner_->range(partition); }
  Result<std::optional<Position>> position_for_time(Partition partition, EventTime time) override {
    return inner_->position_for_time(partition, time);
  }
  std::optional<Position> known_end(Partition partition) const override {
    return inner_->known_end(partition);
  }
  Status ask_brokers(std::chrono::milliseconds timeout) override {
    return inner_->ask_brokers(timeout);
  }
  Status send(const pipeline::OutputRecord& record) override { return inner_->send(record); }
  Status flush(std::chrono::milliseconds timeout) override { return inner_->flush(timeout); }
  Result<pipeline::ChangelogPositions> commit(
      std::span<const pipeline::PartitionCommit> partitions) override {
    begun_ = false;
    if (outcome_) return *std::exchange(outcome_, std::nullopt);
    note("commit", partitions);
    auto done = inner_->commit(partitions);
    if (!done) note("commit", done.error());
    return done;
  }
  Result<std::optional<pipeline::ChangelogPositions>> try_commit(
      std::span<const pipeline::PartitionCommit> partitions) override {
    if (!process_->application().commits_beside) return Transport::try_commit(partitions);
    if (begun_ && !outcome_ && waits()) return std::nullopt;
    begun_ = true;
    if (!outcome_) {
      note("try to commit", partitions);
      auto gone_on = inner_->try_commit(partitions);
      if (!gone_on) note("commit", gone_on.error());
      if (!gone_on) return gone_on;
      outcome_ = std::move(*gone_on);
    }
    if (!outcome_ || waits()) return std::nullopt;
    begun_ = false;
    return std::exchange(outcome_, std::nullopt);
  }
  Status close() override { return inner_->close(); }

 private:
  bool waits() { return process_->env()->random.chance(0.3); }

  // A batch is short, so that much can happen between two of them.
  static constexpr std::size_t kRecordsMax = 40;

  static std::string text(Partition partition, Position position) {
    return std::to_string(partition.value) + "-" + std::to_string(position.value);
  }
  static std::string marker_of(const std::string& metadata) {
    const auto decoded = pipeline::decode_position_metadata(metadata);
    return decoded ? std::to_string(decoded->marker.number) : "?";
  }
  void note(const char* call, const Error& error) {
    process_->note(std::string(call) + ": " + std::string(name_of(error.code)) + ", " +
                   error.message);
  }
  void note(const char* call, std::span<const pipeline::PartitionCommit> partitions) {
    if (!process_->env()->trace.keeps_text()) return;
    std::string what = call;
    for (const auto& part : partitions) {
      what += " " + text(part.partition, part.committed.position) + " of marker " +
              marker_of(part.committed.metadata);
    }
    process_->note(what);
  }
  void note(const char* call, const std::vector<pipeline::InputRecord>& records) {
    if (!process_->env()->trace.keeps_text()) return;
    process_->note(std::string(call) + " " + std::to_string(records.size()) + " records up to " +
                   text(records.back().partition, position_after(records.back().offset)));
  }

  Process* process_;
  std::unique_ptr<pipeline::Transport> inner_;
  bool begun_ = false;                                   // a commit, beside
  std::optional<pipeline::ChangelogPositions> outcome_;  // of the commit, where it is not told yet
};

}  // namespace freshet::sim
