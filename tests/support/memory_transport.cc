#include "tests/support/memory_transport.h"

#include <utility>

#include "common/check.h"
#include "pipeline/config/changelog_name.h"
#include "tests/support/memory_changelog_reader.h"

namespace freshet::test {

using pipeline::CommittedPosition;
using pipeline::PartitionCommit;

MemoryTransport::MemoryTransport(MemoryBroker* broker, const pipeline::WorkerConfig& config,
                                 std::string instance)
    : broker_(broker),
      who_(instance.empty() ? broker->unique_name() : instance),
      config_(config),
      consumer_(broker, config, who_, std::move(instance)),
      producer_(broker, config, who_) {}

template <class Answer>
Result<Answer> MemoryTransport::asked(BrokerCall call,
                                      const std::function<Result<Answer>()>& request) {
  if (Status failed = broker_->at(call, Moment::kBefore, who_); !failed) {
    return tl::unexpected<Error>(failed.error());
  }
  Result<Answer> answer = request();
  if (!answer) return answer;
  if (Status failed = broker_->at(call, Moment::kAfter, who_); !failed) {
    return tl::unexpected<Error>(failed.error());
  }
  return answer;
}

Status MemoryTransport::subscribe(pipeline::RebalanceListener* listener) {
  return asked<void>(BrokerCall::kSubscribe, [&]() -> Status {
    if (Status found = find_topics(); !found) return found;
    if (Status initialised = producer_.init_transactions(); !initialised) return initialised;
    listener_ = listener;
    consumer_.subscribe(this);
    return {};
  });
}

Status MemoryTransport::on_assigned(std::span<const Partition> partitions) {
  return listener_->on_assigned(partitions);
}

Status MemoryTransport::on_revoked(std::span<const Partition> partitions) {
  Status told = listener_->on_revoked(partitions);
  Status ended = producer_.abort();
  return told ? ended : told;
}

Status MemoryTransport::on_lost(std::span<const Partition> partitions) {
  Status told = listener_->on_lost(partitions);
  Status ended = producer_.abort();
  return told ? ended : told;
}

Status MemoryTransport::find_topics() {
  std::vector<std::string> topics{config_.kafka.input};
  for (const auto& output : pipeline::output_topics(config_)) topics.push_back(output.name);
  for (const std::string& topic : topics) {
    if (broker_->partition_count(topic) == 0) {
      return error(ErrorCode::kInvalidConfig, "topic " + topic + " is missing; create the topic");
    }
  }
  if (config_.changelog) {
    broker_->ensure_topic(pipeline::changelog_topic(config_),
                          broker_->partition_count(config_.kafka.input));
  }
  return {};
}

Result<pipeline::RecordBatch> MemoryTransport::poll(std::chrono::milliseconds timeout,
                                                    std::size_t records_max) {
  return consumer_.poll(timeout, records_max);
}

Status MemoryTransport::start_at(Partition partition, Position position) {
  return consumer_.start_at(partition, position);
}

Result<std::int32_t> MemoryTransport::partition_count() {
  const std::int32_t count = broker_->partition_count(config_.kafka.input);
  if (count == 0) {
    return error(ErrorCode::kInvalidConfig,
                 "topic " + config_.kafka.input + " is missing; create the topic");
  }
  return count;
}

Result<std::vector<std::optional<CommittedPosition>>> MemoryTransport::committed(
    std::span<const Partition> partitions) {
  return asked<std::vector<std::optional<CommittedPosition>>>(
      BrokerCall::kCommitted, [&] { return consumer_.committed(partitions); });
}

Result<PositionRange> MemoryTransport::range(Partition partition) {
  return asked<PositionRange>(BrokerCall::kRange, [&] { return consumer_.range(partition); });
}

Result<std::optional<Position>> MemoryTransport::position_for_time(Partition partition,
                                                                   EventTime time) {
  return asked<std::optional<Position>>(
      BrokerCall::kRange, [&] { return consumer_.position_for_time(partition, time); });
}

std::optional<Position> MemoryTransport::known_end(Partition partition) const {
  return consumer_.known_end(partition);
}

Status MemoryTransport::ask_brokers(std::chrono::milliseconds) {
  return asked<void>(BrokerCall::kAsk, [] { return Status{}; });
}

Status MemoryTransport::send(const pipeline::OutputRecord& record) {
  FRESHET_CHECK(consumer_.subscribed());
  return producer_.send(record);
}

Status MemoryTransport::flush(std::chrono::milliseconds) { return producer_.flush(); }

Result<pipeline::ChangelogPositions> MemoryTransport::commit(
    std::span<const PartitionCommit> partitions) {
  if (Status allowed = may_commit(partitions); !allowed) {
    return tl::unexpected<Error>(allowed.error());
  }
  return producer_.commit(partitions, consumer_.metadata());
}

Result<std::optional<pipeline::ChangelogPositions>> MemoryTransport::try_commit(
    std::span<const PartitionCommit> partitions) {
  if (Status allowed = may_commit(partitions); !allowed) {
    return tl::unexpected<Error>(allowed.error());
  }
  return producer_.try_commit(partitions, consumer_.metadata());
}

Status MemoryTransport::may_commit(std::span<const PartitionCommit> partitions) const {
  for (const PartitionCommit& entry : partitions) {
    FRESHET_CHECK(entry.committed.metadata.find('\0') == std::string::npos);
    if (!consumer_.is_assigned(entry.partition)) {
      return error(ErrorCode::kFenced, "committing topic " + config_.kafka.input + " partition " +
                                           std::to_string(entry.partition.value) +
                                           ": it is not assigned any more");
    }
  }
  return {};
}

Status MemoryTransport::close() {
  Status left = consumer_.close();
  producer_.close();
  return left;
}

}  // namespace freshet::test
