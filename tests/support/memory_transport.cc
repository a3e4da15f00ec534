#include "tests/support/memory_transport.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/check.h"
#include "pipeline/events/partitioner.h"

namespace freshet::test {
namespace {

using pipeline::CommittedPosition;
using pipeline::OutputRecord;
using pipeline::OutputTopic;
using pipeline::PartitionCommit;
using pipeline::RecordBatch;

std::string place(const std::string& topic, Partition partition) {
  return "topic " + topic + " partition " + std::to_string(partition.value);
}

}  // namespace

// The records of one batch; they are copies, so that a trim does not reach them.
struct MemoryTransport::Fetched {
  std::vector<StoredRecord> records;
};

MemoryTransport::MemoryTransport(MemoryBroker* broker, const pipeline::WorkerConfig& config)
    : broker_(broker),
      group_name_(config.application_id),
      input_(config.kafka.input),
      output_(config.kafka.output),
      dead_letter_(config.kafka.dead_letter) {}

Status MemoryTransport::subscribe(pipeline::RebalanceListener* listener) {
  FRESHET_CHECK(listener != nullptr && listener_ == nullptr && !closed_);
  const std::lock_guard lock(broker_->mutex_);
  if (Status failed = broker_->take_failure(BrokerCall::kSubscribe); !failed) return failed;
  for (const std::string* topic : {&input_, &output_, &dead_letter_}) {
    if (broker_->find_topic(*topic) == nullptr) {
      return error(ErrorCode::kInvalidConfig, "topic " + *topic + " is missing; create the topic");
    }
  }
  listener_ = listener;
  member_ = broker_->join(group_name_, input_);
  return {};
}

Result<RecordBatch> MemoryTransport::poll(std::chrono::milliseconds timeout,
                                          std::size_t records_max) {
  FRESHET_CHECK(listener_ != nullptr && !closed_ && !in_listener_ && records_max > 0);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Lock lock(broker_->mutex_);
  if (Status failed = broker_->take_failure(BrokerCall::kPoll); !failed) {
    return tl::unexpected<Error>(failed.error());
  }
  while (true) {
    if (Status caught_up = catch_up(&lock); !caught_up) {
      return tl::unexpected<Error>(caught_up.error());
    }
    Result<RecordBatch> batch = fetch(records_max);
    if (!batch || !batch->records.empty()) return batch;
    if (broker_->changed_.wait_until(lock, deadline) == std::cv_status::timeout) {
      // What came in the last moment is told now rather than at the next poll.
      if (Status caught_up = catch_up(&lock); !caught_up) {
        return tl::unexpected<Error>(caught_up.error());
      }
      return fetch(records_max);
    }
  }
}

// Brings this member to where the group is: gives back, rejoins, takes over.
Status MemoryTransport::catch_up(Lock* lock) {
  if (member() == nullptr) {
    if (Status told = give_back(lock, true); !told) return told;
    member_ = broker_->join(group_name_, input_);
  }
  if (group().preparing && !member()->rejoined) {
    if (Status told = give_back(lock, false); !told) return told;
    // The listener ran without the lock: the session may have run out meanwhile.
    if (member() == nullptr) return {};
    member()->rejoined = true;
    broker_->complete_rebalance_if_all_rejoined(&group());
  }
  if (member() != nullptr && !group().preparing && !member()->told) {
    const std::vector<Partition> partitions = member()->partitions;
    generation_ = group().generation;
    if (Status taken = take_over(lock, partitions); !taken) return taken;
    // If the group has moved on, the next poll gives these back again.
    if (in_step()) member()->told = true;
  }
  return {};
}

// True while what is assigned here is still this member's by the group's own book.
bool MemoryTransport::in_step() {
  const MemoryBroker::Member* self = member();
  return self != nullptr && generation_ == group().generation &&
         !(group().preparing && self->rejoined);
}

Status MemoryTransport::give_back(Lock* lock, bool lost) {
  if (assigned_.empty()) return {};
  std::vector<Partition> partitions;
  for (const auto& [partition, next] : assigned_) partitions.push_back(partition);
  if (lost) assigned_.clear();
  lock->unlock();
  in_listener_ = true;
  Status told = lost ? listener_->on_lost(partitions) : listener_->on_revoked(partitions);
  in_listener_ = false;
  lock->lock();
  assigned_.clear();
  return told;
}

Status MemoryTransport::take_over(Lock* lock, const std::vector<Partition>& partitions) {
  if (partitions.empty()) return {};
  for (const Partition partition : partitions) assigned_[partition] = std::nullopt;
  lock->unlock();
  assigning_ = in_listener_ = true;
  Status accepted = listener_->on_assigned(partitions);
  assigning_ = in_listener_ = false;
  lock->lock();
  if (!accepted) {
    assigned_.clear();
    return accepted;
  }
  for (const auto& [partition, next] : assigned_) FRESHET_CHECK(next.has_value());
  return {};
}

Result<RecordBatch> MemoryTransport::fetch(std::size_t records_max) {
  auto fetched = std::make_shared<Fetched>();
  if (!assigned_.empty()) {
    auto entry = std::next(assigned_.begin(), static_cast<long>(turn_++ % assigned_.size()));
    for (std::size_t i = 0; i < assigned_.size(); ++i) {
      Position& next = *entry->second;
      const MemoryBroker::Log& log = broker_->log_of(input_, entry->first);
      if (next < log.begin || next > log.end) {
        return error(ErrorCode::kFatal, place(input_, entry->first) + ": position " +
                                            std::to_string(next.value) + " is not in the log");
      }
      auto record = std::lower_bound(
          log.records.begin(), log.records.end(), next,
          [](const StoredRecord& r, Position position) { return is_before(r.offset, position); });
      for (; record != log.records.end() && fetched->records.size() < records_max; ++record) {
        fetched->records.push_back(*record);
        next = position_after(record->offset);
      }
      if (++entry == assigned_.end()) entry = assigned_.begin();
    }
  }
  RecordBatch batch;
  for (const StoredRecord& record : fetched->records) {
    batch.records.push_back(
        {record.partition, record.offset, record.timestamp, record.key, record.value});
  }
  batch.owner = std::move(fetched);
  return batch;
}

Status MemoryTransport::start_at(Partition partition, Position position) {
  FRESHET_CHECK(assigning_ && assigned_.contains(partition) && position.value >= 0);
  assigned_[partition] = position;
  return {};
}

Result<std::int32_t> MemoryTransport::partition_count() {
  const std::lock_guard lock(broker_->mutex_);
  const auto* logs = broker_->find_topic(input_);
  if (logs == nullptr) {
    return error(ErrorCode::kInvalidConfig, "topic " + input_ + " is missing; create the topic");
  }
  return static_cast<std::int32_t>(logs->size());
}

Result<std::vector<std::optional<CommittedPosition>>> MemoryTransport::committed(
    std::span<const Partition> partitions) {
  const std::lock_guard lock(broker_->mutex_);
  if (Status failed = broker_->take_failure(BrokerCall::kCommitted); !failed) {
    return tl::unexpected<Error>(failed.error());
  }
  std::vector<std::optional<CommittedPosition>> positions;
  for (const Partition partition : partitions) {
    const auto found = group().committed.find(partition);
    positions.push_back(found == group().committed.end() ? std::nullopt
                                                         : std::optional(found->second));
  }
  return positions;
}

Result<Position> MemoryTransport::begin_position(Partition partition) {
  const std::lock_guard lock(broker_->mutex_);
  if (Status failed = broker_->take_failure(BrokerCall::kBeginPosition); !failed) {
    return tl::unexpected<Error>(failed.error());
  }
  return broker_->log_of(input_, partition).begin;
}

Result<Position> MemoryTransport::end_position(Partition partition) {
  const std::lock_guard lock(broker_->mutex_);
  return broker_->log_of(input_, partition).end;
}

std::optional<Position> MemoryTransport::known_end(Partition partition) const {
  const std::lock_guard lock(broker_->mutex_);
  const MemoryBroker::Log& log = broker_->log_of(input_, partition);
  const auto assigned = assigned_.find(partition);
  if (assigned == assigned_.end() || !assigned->second) return std::nullopt;
  const Position next = *assigned->second;
  return log.records.empty() || is_before(log.records.back().offset, next) ? next : log.end;
}

const std::string& MemoryTransport::name_of(OutputTopic topic) const {
  return topic == OutputTopic::kScores ? output_ : dead_letter_;
}

Status MemoryTransport::send(const OutputRecord& record) {
  FRESHET_CHECK(listener_ != nullptr);
  const std::lock_guard lock(broker_->mutex_);
  if (Status failed = broker_->take_failure(BrokerCall::kSend); !failed) return failed;
  if (broker_->deliver_at_once_) {
    deliver(record);
  } else {
    unflushed_.push_back(record);
  }
  return {};
}

void MemoryTransport::deliver(const OutputRecord& record) {
  const std::string& topic = name_of(record.topic);
  const auto count = static_cast<std::int32_t>(broker_->find_topic(topic)->size());
  StoredRecord stored;
  stored.key = record.key;
  stored.value = record.value;
  stored.headers = record.headers;
  broker_->append_locked(topic, pipeline::partition_of(record.key.value_or(""), count),
                         std::move(stored));
}

Status MemoryTransport::flush(std::chrono::milliseconds) {
  const std::lock_guard lock(broker_->mutex_);
  if (Status failed = broker_->take_failure(BrokerCall::kFlush); !failed) return failed;
  for (const OutputRecord& record : unflushed_) deliver(record);
  unflushed_.clear();
  return {};
}

Result<pipeline::ChangelogPositions> MemoryTransport::commit(
    std::span<const PartitionCommit> positions) {
  const std::lock_guard lock(broker_->mutex_);
  if (Status failed = broker_->take_failure(BrokerCall::kCommit); !failed) {
    return tl::unexpected<Error>(failed.error());
  }
  for (const PartitionCommit& entry : positions) {
    FRESHET_CHECK(entry.committed.metadata.find('\0') == std::string::npos);
    if (!assigned_.contains(entry.partition) || !in_step()) {
      return error(ErrorCode::kFenced, "committing " + place(input_, entry.partition) +
                                           ": it is not assigned any more");
    }
  }
  for (const PartitionCommit& entry : positions) {
    group().committed[entry.partition] = entry.committed;
  }
  return pipeline::ChangelogPositions(positions.size());
}

Status MemoryTransport::close() {
  FRESHET_CHECK(!in_listener_);
  if (closed_ || listener_ == nullptr) {
    closed_ = true;
    return {};
  }
  Lock lock(broker_->mutex_);
  Status told = give_back(&lock, member() == nullptr);
  if (member() != nullptr) broker_->leave(group_name_, member_);
  closed_ = true;
  return told;
}

}  // namespace freshet::test
