#include "tests/support/memory_consumer.h"

#include <iterator>
#include <memory>
#include <utility>

#include "common/check.h"

namespace freshet::test {

using pipeline::CommittedPosition;
using pipeline::RecordBatch;

// The records of one batch; they are copies, so that a trim does not reach them.
struct MemoryConsumer::Fetched {
  std::vector<StoredRecord> records;
};

MemoryConsumer::MemoryConsumer(MemoryBroker* broker, const pipeline::WorkerConfig& config,
                               std::string who, std::string instance)
    : broker_(broker),
      who_(std::move(who)),
      instance_(std::move(instance)),
      input_(config.kafka.input) {
  metadata_.group = config.application_id;
}

void MemoryConsumer::subscribe(pipeline::RebalanceListener* listener) {
  FRESHET_CHECK(listener != nullptr && listener_ == nullptr && !closed_);
  const std::lock_guard lock(broker_->mutex_);
  listener_ = listener;
  join();
}

void MemoryConsumer::join() {
  member_ = ++broker_->last_member_;
  group().join(member_, instance_);
  broker_->changed_.notify_all();
}

Result<RecordBatch> MemoryConsumer::poll(std::chrono::milliseconds timeout,
                                         std::size_t records_max) {
  FRESHET_CHECK(listener_ != nullptr && !closed_ && !in_listener_ && records_max > 0);
  if (Status failed = broker_->at(BrokerCall::kPoll, Moment::kBefore, who_); !failed) {
    return tl::unexpected<Error>(failed.error());
  }
  Result<RecordBatch> batch = poll_group(timeout, records_max);
  if (!batch) return batch;
  if (Status failed = broker_->at(BrokerCall::kPoll, Moment::kAfter, who_); !failed) {
    // What the answer held is read again.
    for (const pipeline::InputRecord& record : batch->records) {
      Reading& reading = assigned_.at(record.partition);
      const Position position{record.offset.value};
      reading.next = std::min(*reading.next, position);
      reading.shown = std::min(reading.shown, position);
    }
    return tl::unexpected<Error>(failed.error());
  }
  return batch;
}

Result<RecordBatch> MemoryConsumer::poll_group(std::chrono::milliseconds timeout,
                                               std::size_t records_max) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Lock lock(broker_->mutex_);
  bool waits = timeout.count() > 0;
  while (true) {
    if (Status caught_up = catch_up(&lock); !caught_up) {
      return tl::unexpected<Error>(caught_up.error());
    }
    Result<RecordBatch> batch = fetch(records_max);
    if (!batch || !batch->records.empty() || !waits) return batch;
    // What comes in the last moment is told now rather than at the next poll.
    waits = broker_->changed_.wait_until(lock, deadline) == std::cv_status::no_timeout;
  }
}

// Brings this member to where the group is: gives back, rejoins, takes over.
Status MemoryConsumer::catch_up(Lock* lock) {
  if (member() == nullptr) {
    if (group().is_taken(instance_, member_)) {
      return error(ErrorCode::kInvalidConfig,
                   "instance " + instance_ + " of group " + metadata_.group +
                       " joined again: each worker needs a state directory of its own");
    }
    if (Status told = give_back(lock, true); !told) return told;
    join();
  }
  member()->heard_ms = broker_->now_ms();
  if (group().preparing() && !member()->rejoined) {
    if (Status told = give_back(lock, false); !told) return told;
    // The listener ran without the lock: the session may have run out meanwhile, or all be done.
    if (member() == nullptr || !group().preparing()) return {};
    group().rejoin(member_);
    broker_->changed_.notify_all();
  }
  if (member() != nullptr && !group().preparing() && !member()->told) {
    const std::vector<Partition> partitions = member()->partitions;
    metadata_.member = member_;
    metadata_.generation = group().generation();
    if (Status taken = take_over(lock, partitions); !taken) return taken;
    // If the group has moved on, the next poll gives these back again.
    if (in_step()) member()->told = true;
  }
  return {};
}

// True while what is assigned here is still this member's by the group's own book.
bool MemoryConsumer::in_step() {
  const MemoryGroup::Member* self = member();
  return self != nullptr && metadata_.generation == group().generation() &&
         !(group().preparing() && self->rejoined);
}

Status MemoryConsumer::give_back(Lock* lock, bool lost) {
  if (assigned_.empty()) return {};
  std::vector<Partition> partitions;
  for (const auto& [partition, reading] : assigned_) partitions.push_back(partition);
  if (lost) assigned_.clear();
  lock->unlock();
  in_listener_ = true;
  Status told = lost ? listener_->on_lost(partitions) : listener_->on_revoked(partitions);
  in_listener_ = false;
  lock->lock();
  assigned_.clear();
  return told;
}

Status MemoryConsumer::take_over(Lock* lock, const std::vector<Partition>& partitions) {
  if (partitions.empty()) return {};
  for (const Partition partition : partitions) assigned_[partition] = {};
  lock->unlock();
  in_listener_ = true;
  Status accepted = listener_->on_assigned(partitions);
  in_listener_ = false;
  lock->lock();
  if (!accepted) assigned_.clear();
  return accepted;
}

Result<RecordBatch> MemoryConsumer::fetch(std::size_t records_max) {
  auto fetched = std::make_shared<Fetched>();
  if (!assigned_.empty()) {
    auto entry = std::next(assigned_.begin(), static_cast<long>(turn_++ % assigned_.size()));
    for (std::size_t i = 0; i < assigned_.size(); ++i) {
      if (Status read_one = read(entry->first, &entry->second, records_max, fetched.get());
          !read_one) {
        return tl::unexpected<Error>(read_one.error());
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

Status MemoryConsumer::read(Partition partition, Reading* reading, std::size_t records_max,
                            Fetched* fetched) {
  if (!reading->next) return {};
  const MemoryLog& log = broker_->log_of(input_, partition);
  if (!log.holds(*reading->next)) {
    return error(ErrorCode::kFenced,
                 "topic " + input_ + " partition " + std::to_string(partition.value) +
                     ": position " + std::to_string(reading->next->value) + " is not in the log");
  }
  const std::size_t before = fetched->records.size();
  reading->next = log.read(*reading->next, records_max - before, &fetched->records);
  if (fetched->records.size() > before) {
    reading->any = true;
    reading->shown = position_after(fetched->records.back().offset);
  }
  return {};
}

Status MemoryConsumer::start_at(Partition partition, Position position) {
  const std::lock_guard lock(broker_->mutex_);
  const auto entry = assigned_.find(partition);
  FRESHET_CHECK(entry != assigned_.end() && !entry->second.any && position.value >= 0);
  entry->second.next = entry->second.shown = position;
  return {};
}

Result<std::vector<std::optional<CommittedPosition>>> MemoryConsumer::committed(
    std::span<const Partition> partitions) {
  std::vector<std::optional<CommittedPosition>> positions;
  const std::lock_guard lock(broker_->mutex_);
  const auto group = broker_->groups_.find(metadata_.group);
  for (const Partition partition : partitions) {
    if (group == broker_->groups_.end()) {
      positions.emplace_back();
      continue;
    }
    if (group->second.is_undecided(partition)) {
      return error(ErrorCode::kUnavailable,
                   "positions of group " + metadata_.group + ", topic " + input_ + " partition " +
                       std::to_string(partition.value) + ": a transaction is undecided");
    }
    positions.push_back(group->second.committed(partition));
  }
  return positions;
}

Result<PositionRange> MemoryConsumer::range(Partition partition) {
  const std::lock_guard lock(broker_->mutex_);
  const MemoryLog& log = broker_->log_of(input_, partition);
  return PositionRange{log.begin(), log.stable_end()};
}

Result<std::optional<Position>> MemoryConsumer::position_for_time(Partition partition,
                                                                  EventTime time) {
  const std::lock_guard lock(broker_->mutex_);
  return broker_->log_of(input_, partition).position_for_time(time);
}

std::optional<Position> MemoryConsumer::known_end(Partition partition) const {
  const std::lock_guard lock(broker_->mutex_);
  const auto assigned = assigned_.find(partition);
  if (assigned == assigned_.end() || !assigned->second.next) return std::nullopt;
  const MemoryLog& log = broker_->log_of(input_, partition);
  const Reading& reading = assigned->second;
  std::vector<StoredRecord> more;
  if (log.holds(*reading.next)) log.read(*reading.next, 1, &more);
  return more.empty() ? reading.shown : log.stable_end();
}

Status MemoryConsumer::close() {
  FRESHET_CHECK(!in_listener_);
  if (closed_ || listener_ == nullptr) {
    closed_ = true;
    return {};
  }
  Lock lock(broker_->mutex_);
  Status told = give_back(&lock, member() == nullptr);
  if (member() != nullptr && instance_.empty()) {
    group().leave(member_);
    broker_->changed_.notify_all();
  }
  closed_ = true;
  return told;
}

}  // namespace freshet::test
