#include "tests/support/worker_fixture.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "pipeline/log/log.h"
#include "pipeline/restore/restorer.h"
#include "scorer/float_mode.h"
#include "tests/support/late_saves.h"
#include "tests/support/memory_changelog_reader.h"
#include "tests/support/scorer_models.h"

namespace freshet::test {
namespace {

std::string header_of(const StoredRecord& record, std::string_view name) {
  for (const pipeline::Header& header : record.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

// "partition-offset" of the input record that a score event came from.
std::string source_of(const std::string& score_event) {
  const auto number_after = [&](const std::string& name) {
    const std::size_t begin = score_event.find(name);
    FRESHET_CHECK(begin != std::string::npos);
    const std::size_t digits = begin + name.size();
    return score_event.substr(digits, score_event.find_first_not_of("0123456789", digits) - digits);
  };
  return number_after("\"partition\":") + "-" + number_after("\"offset\":");
}

void add_once(const std::string& source, std::string line,
              std::map<std::string, std::string>* lines) {
  const auto [there, is_new] = lines->emplace(source, line);
  FRESHET_CHECK(is_new || there->second == line);
}

}  // namespace

Status WatchedTransport::watched(BrokerCall call, const char* name,
                                 const std::function<Status()>& forward) {
  if (watch_->fault) {
    if (Status broken = watch_->fault(call, Moment::kBefore); !broken) return broken;
  }
  if (Status done = forward(); !done) return done;
  if (call != BrokerCall::kPoll) watch_->calls.emplace_back(name);
  return watch_->fault ? watch_->fault(call, Moment::kAfter) : Status{};
}

Status WatchedTransport::subscribe(pipeline::RebalanceListener* listener) {
  return watched(BrokerCall::kSubscribe, "subscribe", [&] { return inner_->subscribe(listener); });
}

Result<pipeline::RecordBatch> WatchedTransport::poll(std::chrono::milliseconds timeout,
                                                     std::size_t records_max) {
  watch_->waits.push_back(timeout);
  pipeline::RecordBatch batch;
  const Status polled = watched(BrokerCall::kPoll, "poll", [&]() -> Status {
    auto next = inner_->poll(std::chrono::milliseconds(0), records_max);
    if (!next) return tl::unexpected(next.error());
    batch = std::move(*next);
    const auto lost = std::find_if(
        batch.records.begin(), batch.records.end(),
        [&](const pipeline::InputRecord& record) { return record.offset == watch_->lose_once; });
    if (lost != batch.records.end()) {
      batch.records.erase(lost);
      watch_->lose_once.reset();
    }
    return {};
  });
  if (!polled) return tl::unexpected(polled.error());
  if (!batch.records.empty()) {
    watch_->calls.emplace_back("poll");
  } else if (watch_->stop_when_drained && all_started()) {
    watch_->stop->request();
  }
  return batch;
}

// Until then an empty poll says nothing of the input.
bool WatchedTransport::all_started() {
  return static_cast<std::int32_t>(started_.size()) == inner_->partition_count().value_or(0);
}

Status WatchedTransport::start_at(Partition partition, Position position) {
  started_.insert(partition);
  return inner_->start_at(partition, position);
}

Result<std::vector<std::optional<pipeline::CommittedPosition>>> WatchedTransport::committed(
    std::span<const Partition> partitions) {
  return inner_->committed(partitions);
}

Status WatchedTransport::ask_brokers(std::chrono::milliseconds timeout) {
  return watched(BrokerCall::kAsk, "ask", [&] { return inner_->ask_brokers(timeout); });
}

Status WatchedTransport::send(const pipeline::OutputRecord& record) {
  if (record.value.value_or("").size() > watch_->value_bytes_max) {
    return error(ErrorCode::kBadRecord, "the record is larger than the topic takes");
  }
  return watched(BrokerCall::kSend, "send", [&] { return inner_->send(record); });
}

Status WatchedTransport::flush(std::chrono::milliseconds timeout) {
  return watched(BrokerCall::kFlush, "flush", [&] { return inner_->flush(timeout); });
}

Result<pipeline::ChangelogPositions> WatchedTransport::commit(
    std::span<const pipeline::PartitionCommit> partitions) {
  pipeline::ChangelogPositions ends;
  const Status committed = watched(BrokerCall::kCommit, "commit", [&]() -> Status {
    Result<pipeline::ChangelogPositions> done =
        untold_ ? *std::exchange(untold_, std::nullopt) : inner_->commit(partitions);
    if (!done) return tl::unexpected(done.error());
    ends = std::move(*done);
    return {};
  });
  if (!committed && !ends.empty() && watch_->commits_beside) untold_ = std::move(ends);
  if (!committed) return tl::unexpected(committed.error());
  return ends;
}

Result<std::optional<pipeline::ChangelogPositions>> WatchedTransport::try_commit(
    std::span<const pipeline::PartitionCommit> partitions) {
  if (!watch_->commits_beside) return Transport::try_commit(partitions);
  std::optional<pipeline::ChangelogPositions> ends;
  const Status tried = watched(BrokerCall::kCommit, "try", [&]() -> Status {
    auto done = inner_->try_commit(partitions);
    if (!done) return tl::unexpected(done.error());
    ends = std::move(*done);
    return {};
  });
  if (!tried && ends) untold_ = std::move(*ends);
  if (!tried) return tl::unexpected(tried.error());
  if (ends) watch_->calls.back() = "commit";
  return ends;
}

WorkerWorld::WorkerWorld(pipeline::WorkerConfig configured, std::int32_t partition_count)
    : config(std::move(configured)), store(std::make_unique<stateful::MemoryStateStore>()) {
  scorer::set_float_mode();
  pipeline::log_init("error", pipeline::LogFormat::kText);  // failures are what these tests make
  model = serve(random_model(small_model(config)), config);
  broker.create_topic(config.kafka.input, partition_count);
  for (const auto& output : pipeline::output_topics(config)) {
    broker.create_topic(output.name, partition_count);
  }
}

Offset WorkerWorld::append(StoredRecord record) {
  return broker.append(config.kafka.input, std::move(record));
}

namespace {

// Nobody waits in a test where the clock stands still.
class NoWait final : public pipeline::StopSignal {
 public:
  bool wait_for(std::chrono::milliseconds) override { return requested(); }
  void pause(std::chrono::milliseconds) override {}
};

}  // namespace

Status WorkerWorld::run() {
  NoWait stop;
  watch.stop = &stop;
  pipeline::Restorer restorer({store.get(),
                               &clock,
                               [this]() -> Result<std::unique_ptr<pipeline::ChangelogReader>> {
                                 return std::make_unique<MemoryChangelogReader>(&broker, config);
                               },
                               {}});
  pipeline::TaskContext context{&config, model, store.get(), &clock, &counters};
  context.newer = models;
  if (config.changelog) context.restores = &restorer;
  if (shadow != nullptr) {
    context.beside = {shadow};
    context.publishes_shadow = true;
  }
  context.make_examples = make_examples;
  LateSaves late(store.get(), 2);
  if (saves_late) context.saves = &late;
  pipeline::Worker worker(
      context, cache_bytes,
      [this]() -> Result<std::unique_ptr<pipeline::Transport>> {
        return std::make_unique<WatchedTransport>(
            std::make_unique<MemoryTransport>(&broker, config), &watch);
      },
      &stop);
  return worker.run();
}

std::vector<std::string> refusals_of(const std::vector<StoredRecord>& dead_letters) {
  std::vector<std::string> refusals;
  for (const StoredRecord& letter : dead_letters) {
    refusals.push_back(reason_of(letter.headers) + "@" + header_of(letter, "freshet.offset"));
  }
  return refusals;
}

std::map<std::string, std::string> lines_by_source(const std::vector<StoredRecord>& outputs,
                                                   const std::vector<StoredRecord>& dead_letters) {
  std::map<std::string, std::string> lines;
  for (const StoredRecord& output : outputs) {
    add_once(source_of(*output.value), *output.value, &lines);
  }
  for (const StoredRecord& letter : dead_letters) {
    add_once(header_of(letter, "freshet.partition") + "-" + header_of(letter, "freshet.offset"),
             reason_of(letter.headers) + " " + letter.value.value_or("(cut)"), &lines);
  }
  return lines;
}

}  // namespace freshet::test
