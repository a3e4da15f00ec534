// A worker on the in-memory broker, with a transport between them that a test can watch and break.
//
// WatchedTransport forwards every call, never waits in poll(), and asks the worker to stop when the
// input is drained, so a test is over as soon as its records are.
//
// Errors:  what the test's fault says; a failed CHECK on misuse
// Threads: one worker, one thread
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/stop_signal.h"
#include "pipeline/worker/worker.h"
#include "tests/support/memory_transport.h"
#include "tests/support/pipeline_fixture.h"

namespace freshet::test {

// What a test sees of a worker's transports, and does to them.
struct TransportWatch {
  pipeline::StopSignal* stop = nullptr;
  bool stop_when_drained = true;
  std::size_t value_bytes_max = std::numeric_limits<std::size_t>::max();  // of what may be sent
  bool commits_beside = false;  // each goes on with one request an ask, where no outputs are in it
  std::optional<Offset> lose_once;  // the record there is left out of the first poll that has it
  // Called around kSubscribe, kPoll, kAsk, kSend, kFlush and kCommit; an error is what the worker
  // sees.
  std::function<Status(BrokerCall, Moment)> fault;
  // "subscribe", "poll" with records, "send", "flush", "commit", "try" of one that is not over
  std::vector<std::string> calls;
  std::vector<std::chrono::milliseconds> waits;  // how long each poll may wait
};

class WatchedTransport final : public pipeline::Transport {
 public:
  WatchedTransport(std::unique_ptr<pipeline::Transport> inner, TransportWatch* watch)
      : inner_(std::move(inner)), watch_(watch) {}

  Status subscribe(pipeline::RebalanceListener* listener) override;
  Result<pipeline::RecordBatch> poll(std::chrono::milliseconds timeout,
                                     std::size_t records_max) override;
  Status start_at(Partition partition, Position position) override;
  bool can_read_again() const override { return inner_->can_read_again(); }
  Result<std::int32_t> partition_count() override { return inner_->partition_count(); }
  Result<std::vector<std::optional<pipeline::CommittedPosition>>> committed(
      std::span<const Partition> partitions) override;
  Result<PositionRange> range(Partition partition) override { return inner_->range(partition); }
  Result<std::optional<Position>> position_for_time(Partition partition, EventTime time) override {
    return inner_->position_for_time(partition, time);
  }
  std::optional<Position> known_end(Partition partition) const override {
    return inner_->known_end(partition);
  }
  Status ask_brokers(std::chrono::milliseconds timeout) override;
  Status send(const pipeline::OutputRecord& record) override;
  Status flush(std::chrono::milliseconds timeout) override;
  Result<pipeline::ChangelogPositions> commit(
      std::span<const pipeline::PartitionCommit> partitions) override;
  Result<std::optional<pipeline::ChangelogPositions>> try_commit(
      std::span<const pipeline::PartitionCommit> partitions) override;
  Status close() override { return inner_->close(); }

 private:
  bool all_started();
  // Forwards between the two moments at which the test may let the call fail.
  Status watched(BrokerCall call, const char* name, const std::function<Status()>& forward);

  std::unique_ptr<pipeline::Transport> inner_;
  TransportWatch* watch_;
  std::set<Partition> started_;
  std::optional<pipeline::ChangelogPositions> untold_;  // of a commit whose answer was lost
};

// "reason@offset" of each dead letter, in order.
std::vector<std::string> refusals_of(const std::vector<StoredRecord>& dead_letters);
// The values of outputs and dead letters by source "partition-offset". Repeats must be equal.
std::map<std::string, std::string> lines_by_source(const std::vector<StoredRecord>& outputs,
                                                   const std::vector<StoredRecord>& dead_letters);

// One application on a broker of its own: topics, configuration, model, store, and its workers one
// after another.
class WorkerWorld {
 public:
  explicit WorkerWorld(pipeline::WorkerConfig config, std::int32_t partition_count = 1);

  // Appends to the input; the partition is Kafka's for the key.
  Offset append(StoredRecord record);
  Offset append(std::string_view user, std::string value) {
    return append(keyed_record(user, std::move(value)));
  }

  // A worker's whole life.
  Status run();

  std::vector<StoredRecord> outputs() const { return broker.records(config.kafka.output); }
  std::vector<StoredRecord> dead_letters() const {
    return broker.records(config.kafka.dead_letter);
  }
  std::vector<std::string> refusals() const { return refusals_of(dead_letters()); }
  std::map<std::string, std::string> by_source() const {
    return lines_by_source(outputs(), dead_letters());
  }

  pipeline::WorkerConfig config;
  std::shared_ptr<const pipeline::ServedModel> model;
  const pipeline::ModelSource* models = nullptr;        // of newer ones; none: `model` stays
  std::shared_ptr<const pipeline::ServedModel> shadow;  // null: none
  std::function<std::unique_ptr<pipeline::SideOutput>()> make_examples;  // none: no examples
  std::unique_ptr<stateful::StateStore> store;
  bool saves_late = false;  // batches are in the store some steps behind their commit
  ManualClock clock;
  pipeline::Counters counters;
  MemoryBroker broker;
  TransportWatch watch;
  std::size_t cache_bytes = 1 << 20;
};

}  // namespace freshet::test
