#include "tests/support/memory_broker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/check.h"
#include "pipeline/events/partitioner.h"

namespace freshet::test {

using pipeline::PartitionCommit;

MemoryBroker::MemoryBroker(BrokerHooks* hooks, const Clock* clock) : hooks_(hooks), clock_(clock) {}

void MemoryBroker::create_topic(const std::string& topic, std::int32_t partition_count) {
  FRESHET_CHECK(this->partition_count(topic) == 0);
  ensure_topic(topic, partition_count);
}

void MemoryBroker::ensure_topic(const std::string& topic, std::int32_t partition_count) {
  FRESHET_CHECK(partition_count > 0);
  const std::lock_guard lock(mutex_);
  std::vector<MemoryLog>& logs = topics_[topic];
  if (!logs.empty()) return;
  for (std::int32_t i = 0; i < partition_count; ++i) logs.emplace_back(Partition{i});
}

void MemoryBroker::delete_topic(const std::string& topic) {
  const std::lock_guard lock(mutex_);
  FRESHET_CHECK(topics_.erase(topic) == 1);
  // As brokers do: the positions go with their topic.
  for (auto& [name, group] : groups_) {
    if (group.topic() == topic) group.expire_positions();
  }
}

std::int32_t MemoryBroker::partition_count(const std::string& topic) const {
  const std::lock_guard lock(mutex_);
  const std::vector<MemoryLog>* logs = find_topic(topic);
  return logs == nullptr ? 0 : static_cast<std::int32_t>(logs->size());
}

Offset MemoryBroker::append(const std::string& topic, Partition partition, StoredRecord record) {
  const std::lock_guard lock(mutex_);
  const Offset offset = log_of(topic, partition).append(std::move(record));
  changed_.notify_all();
  return offset;
}

Offset MemoryBroker::append(const std::string& topic, StoredRecord record) {
  const std::lock_guard lock(mutex_);
  const std::vector<MemoryLog>* logs = find_topic(topic);
  FRESHET_CHECK(logs != nullptr);
  const Partition partition =
      pipeline::partition_of(record.key.value_or(""), static_cast<std::int32_t>(logs->size()));
  const Offset offset = log_of(topic, partition).append(std::move(record));
  changed_.notify_all();
  return offset;
}

void MemoryBroker::skip_offsets(const std::string& topic, Partition partition, std::int64_t count) {
  FRESHET_CHECK(count > 0);
  const std::lock_guard lock(mutex_);
  log_of(topic, partition).skip(count);
}

void MemoryBroker::trim(const std::string& topic, Partition partition, Position begin) {
  const std::lock_guard lock(mutex_);
  log_of(topic, partition).trim(begin);
}

void MemoryBroker::compact(const std::string& topic, Partition partition, EventTime now,
                           std::optional<Position> below) {
  const std::lock_guard lock(mutex_);
  MemoryLog& log = log_of(topic, partition);
  log.compact(now, tombstones_kept_, below.value_or(log.stable_end()));
}

void MemoryBroker::keep_tombstones(DurationMs span) {
  const std::lock_guard lock(mutex_);
  tombstones_kept_ = span;
}

DurationMs MemoryBroker::tombstones_kept() const {
  const std::lock_guard lock(mutex_);
  return tombstones_kept_;
}

std::vector<StoredRecord> MemoryBroker::records(const std::string& topic) const {
  const std::lock_guard lock(mutex_);
  const std::vector<MemoryLog>* logs = find_topic(topic);
  FRESHET_CHECK(logs != nullptr);
  std::vector<StoredRecord> all;
  for (const MemoryLog& log : *logs) log.read(log.begin(), SIZE_MAX, &all);
  return all;
}

Position MemoryBroker::read(const std::string& topic, Partition partition, Position from,
                            std::vector<StoredRecord>* into) const {
  const std::lock_guard lock(mutex_);
  return log_of(topic, partition).read(from, SIZE_MAX, into);
}

std::optional<pipeline::CommittedPosition> MemoryBroker::committed(const std::string& group,
                                                                   Partition partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return std::nullopt;
  return found->second.committed(partition);
}

Position MemoryBroker::end(const std::string& topic, Partition partition) const {
  const std::lock_guard lock(mutex_);
  return log_of(topic, partition).end();
}

Position MemoryBroker::stable_end(const std::string& topic, Partition partition) const {
  const std::lock_guard lock(mutex_);
  return log_of(topic, partition).stable_end();
}

Result<ProducerEpoch> MemoryBroker::init_producer(const std::string& transactional_id) {
  const std::lock_guard lock(mutex_);
  Result<ProducerEpoch> epoch = transactions_.init(transactional_id);
  if (epoch) return epoch;
  // What was ongoing is being aborted: where its markers land at once, that is over already.
  land_what_lands_at_once();
  return transactions_.init(transactional_id);
}

Result<Offset> MemoryBroker::produce(const ProducerEpoch& producer, const TopicPartition& place,
                                     StoredRecord record) {
  const std::lock_guard lock(mutex_);
  if (Status added = transactions_.add(producer, place, now_ms()); !added) {
    return tl::unexpected<Error>(added.error());
  }
  stamp(&record);
  return log_of(place.topic, place.partition).append(std::move(record), producer.id);
}

Status MemoryBroker::send_offsets(const ProducerEpoch& producer, const GroupMetadata& as,
                                  std::span<const PartitionCommit> positions) {
  const std::lock_guard lock(mutex_);
  if (Status added = transactions_.add_group(producer, as.group, now_ms()); !added) return added;
  return group_of(as.group).commit(as, positions, producer.id);
}

Status MemoryBroker::end_transaction(const ProducerEpoch& producer, TransactionEnd end) {
  const std::lock_guard lock(mutex_);
  Status decided = transactions_.end(producer, end);
  land_what_lands_at_once();
  return decided;
}

Offset MemoryBroker::produce(const TopicPartition& place, StoredRecord record) {
  const std::lock_guard lock(mutex_);
  stamp(&record);
  const Offset offset = log_of(place.topic, place.partition).append(std::move(record));
  changed_.notify_all();
  return offset;
}

Status MemoryBroker::commit_positions(const GroupMetadata& as,
                                      std::span<const PartitionCommit> positions) {
  const std::lock_guard lock(mutex_);
  return group_of(as.group).commit(as, positions);
}

std::string MemoryBroker::unique_name() {
  const std::lock_guard lock(mutex_);
  return "transport-" + std::to_string(++last_name_);
}

std::vector<PendingMarker> MemoryBroker::pending_markers() const {
  const std::lock_guard lock(mutex_);
  return transactions_.pending();
}

void MemoryBroker::land_marker(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  land(number);
}

std::vector<MemoryTransactions::Open> MemoryBroker::ongoing_transactions() const {
  const std::lock_guard lock(mutex_);
  return transactions_.ongoing();
}

void MemoryBroker::time_out_transaction(const std::string& transactional_id) {
  const std::lock_guard lock(mutex_);
  transactions_.time_out(transactional_id);
  land_what_lands_at_once();
}

void MemoryBroker::expire_transactional_id(const std::string& transactional_id) {
  const std::lock_guard lock(mutex_);
  transactions_.expire(transactional_id);
}

void MemoryBroker::expire_positions(const std::string& group) {
  const std::lock_guard lock(mutex_);
  group_of(group).expire_positions();
}

void MemoryBroker::reset_position(const std::string& group, Partition partition,
                                  const pipeline::CommittedPosition& position) {
  const std::lock_guard lock(mutex_);
  group_of(group).reset_position(partition, position);
}

std::vector<MemoryBroker::Session> MemoryBroker::sessions() const {
  const std::lock_guard lock(mutex_);
  std::vector<Session> all;
  for (const auto& [name, group] : groups_) {
    for (const MemoryGroup::Member& member : group.members()) {
      all.push_back({name, member.instance, member.id, member.heard_ms});
    }
  }
  return all;
}

void MemoryBroker::expire(MemberId member) {
  const std::lock_guard lock(mutex_);
  const auto owner = std::find_if(groups_.begin(), groups_.end(), [&](auto& entry) {
    return entry.second.find(member) != nullptr;
  });
  FRESHET_CHECK(owner != groups_.end());
  owner->second.leave(member);
  changed_.notify_all();
}

void MemoryBroker::fail_next(BrokerCall call, Error error) {
  const std::lock_guard lock(mutex_);
  failures_[call].push_back(std::move(error));
}

void MemoryBroker::deliver_at_once(bool at_once) {
  const std::lock_guard lock(mutex_);
  deliver_at_once_ = at_once;
}

bool MemoryBroker::delivers_at_once() const {
  const std::lock_guard lock(mutex_);
  return deliver_at_once_;
}

Status MemoryBroker::at(BrokerCall call, Moment moment, const std::string& who) {
  if (moment == Moment::kBefore) {
    const std::lock_guard lock(mutex_);
    const auto asked = failures_.find(call);
    if (asked != failures_.end() && !asked->second.empty()) {
      Error taken = std::move(asked->second.front());
      asked->second.pop_front();
      return tl::unexpected<Error>(std::move(taken));
    }
  }
  return hooks_ == nullptr ? Status{} : hooks_->at(call, moment, who);
}

MemoryLog& MemoryBroker::log_of(const std::string& topic, Partition partition) {
  return const_cast<MemoryLog&>(std::as_const(*this).log_of(topic, partition));
}

const MemoryLog& MemoryBroker::log_of(const std::string& topic, Partition partition) const {
  const std::vector<MemoryLog>* logs = find_topic(topic);
  FRESHET_CHECK(logs != nullptr);
  FRESHET_CHECK(partition.value >= 0);
  FRESHET_CHECK(static_cast<std::size_t>(partition.value) < logs->size());
  return (*logs)[static_cast<std::size_t>(partition.value)];
}

const std::vector<MemoryLog>* MemoryBroker::find_topic(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : &found->second;
}

MemoryGroup& MemoryBroker::group_of(const std::string& name) {
  const auto found = groups_.find(name);
  FRESHET_CHECK(found != groups_.end());  // nobody commits to a group that nobody has joined
  return found->second;
}

MemoryGroup& MemoryBroker::group_of(const std::string& name, const std::string& topic) {
  const auto count = static_cast<std::int32_t>(find_topic(topic)->size());
  MemoryGroup& group = groups_.try_emplace(name, name, topic, count).first->second;
  FRESHET_CHECK(group.topic() == topic);
  group.set_partition_count(count);
  return group;
}

void MemoryBroker::stamp(StoredRecord* record) const {
  if (clock_ != nullptr && !record->timestamp) record->timestamp = clock_->now();
}

void MemoryBroker::land(std::uint64_t number) {
  const PendingMarker marker = transactions_.take_landed(number);
  if (marker.group.empty()) {
    log_of(marker.place.topic, marker.place.partition).append_marker(marker.producer, marker.end);
  } else {
    group_of(marker.group).end_transaction(marker.producer, marker.end);
  }
  changed_.notify_all();
}

void MemoryBroker::land_what_lands_at_once() {
  const std::vector<PendingMarker> pending = transactions_.pending();
  for (const PendingMarker& marker : pending) {
    if (marker.number <= last_asked_marker_) continue;
    last_asked_marker_ = marker.number;
    if (hooks_ == nullptr || hooks_->lands_at_once(marker)) land(marker.number);
  }
}

}  // namespace freshet::test
