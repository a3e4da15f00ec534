#include "tests/support/memory_broker.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "pipeline/events/partitioner.h"

namespace freshet::test {

void PrintTo(BrokerCall call, std::ostream* out) {
  constexpr const char* kNames[] = {"Subscribe", "Poll", "Committed", "BeginPosition",
                                    "Ask",       "Send", "Flush",     "Commit"};
  *out << kNames[static_cast<std::size_t>(call)];
}

void MemoryBroker::create_topic(const std::string& topic, std::int32_t partition_count) {
  FRESHET_CHECK(partition_count > 0);
  const std::lock_guard lock(mutex_);
  FRESHET_CHECK(!topics_.contains(topic));
  topics_[topic].resize(static_cast<std::size_t>(partition_count));
}

Offset MemoryBroker::append(const std::string& topic, Partition partition, StoredRecord record) {
  const std::lock_guard lock(mutex_);
  return append_locked(topic, partition, std::move(record));
}

Offset MemoryBroker::append(const std::string& topic, StoredRecord record) {
  const std::lock_guard lock(mutex_);
  const std::vector<Log>* logs = find_topic(topic);
  FRESHET_CHECK(logs != nullptr);
  const Partition partition =
      pipeline::partition_of(record.key.value_or(""), static_cast<std::int32_t>(logs->size()));
  return append_locked(topic, partition, std::move(record));
}

Offset MemoryBroker::append_locked(const std::string& topic, Partition partition,
                                   StoredRecord record) {
  Log& log = log_of(topic, partition);
  const Offset offset{log.end.value};
  record.partition = partition;
  record.offset = offset;
  log.records.push_back(std::move(record));
  log.end = position_after(offset);
  changed_.notify_all();
  return offset;
}

void MemoryBroker::skip_offsets(const std::string& topic, Partition partition, std::int64_t count) {
  FRESHET_CHECK(count > 0);
  const std::lock_guard lock(mutex_);
  log_of(topic, partition).end.value += count;
}

void MemoryBroker::trim(const std::string& topic, Partition partition, Position begin) {
  const std::lock_guard lock(mutex_);
  Log& log = log_of(topic, partition);
  FRESHET_CHECK(begin <= log.end && begin >= log.begin);
  log.begin = begin;
  std::erase_if(log.records, [&](const StoredRecord& r) { return is_before(r.offset, begin); });
}

std::vector<StoredRecord> MemoryBroker::records(const std::string& topic) const {
  const std::lock_guard lock(mutex_);
  const std::vector<Log>* logs = find_topic(topic);
  FRESHET_CHECK(logs != nullptr);
  std::vector<StoredRecord> all;
  for (const Log& log : *logs) all.insert(all.end(), log.records.begin(), log.records.end());
  return all;
}

std::optional<pipeline::CommittedPosition> MemoryBroker::committed(const std::string& group,
                                                                   Partition partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return std::nullopt;
  const auto position = found->second.committed.find(partition);
  if (position == found->second.committed.end()) return std::nullopt;
  return position->second;
}

void MemoryBroker::expire(MemberId member) {
  const std::lock_guard lock(mutex_);
  const auto owner = std::find_if(groups_.begin(), groups_.end(), [&](auto& entry) {
    return find_member(&entry.second, member) != nullptr;
  });
  FRESHET_CHECK(owner != groups_.end());
  leave(owner->first, member);
}

void MemoryBroker::fail_next(BrokerCall call, Error error) {
  const std::lock_guard lock(mutex_);
  failures_[call].push_back(std::move(error));
}

void MemoryBroker::deliver_at_once(bool at_once) {
  const std::lock_guard lock(mutex_);
  deliver_at_once_ = at_once;
}

MemoryBroker::Log& MemoryBroker::log_of(const std::string& topic, Partition partition) {
  const auto found = topics_.find(topic);
  FRESHET_CHECK(found != topics_.end());
  FRESHET_CHECK(partition.value >= 0);
  FRESHET_CHECK(static_cast<std::size_t>(partition.value) < found->second.size());
  return found->second[static_cast<std::size_t>(partition.value)];
}

const std::vector<MemoryBroker::Log>* MemoryBroker::find_topic(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : &found->second;
}

MemberId MemoryBroker::join(const std::string& name, const std::string& topic) {
  Group& group = groups_[name];
  FRESHET_CHECK(group.topic.empty() || group.topic == topic);
  group.topic = topic;
  Member member;
  member.id = ++last_member_;
  group.members.push_back(member);
  prepare_rebalance(&group);
  return member.id;
}

void MemoryBroker::leave(const std::string& name, MemberId member) {
  Group& group = groups_[name];
  std::erase_if(group.members, [&](const Member& m) { return m.id == member; });
  prepare_rebalance(&group);
}

MemoryBroker::Member* MemoryBroker::find_member(Group* group, MemberId member) {
  const auto found = std::find_if(group->members.begin(), group->members.end(),
                                  [&](const Member& m) { return m.id == member; });
  return found == group->members.end() ? nullptr : &*found;
}

void MemoryBroker::prepare_rebalance(Group* group) {
  // Members that have rejoined already wait for the same next generation.
  if (!group->preparing) {
    for (Member& member : group->members) member.rejoined = false;
  }
  group->preparing = true;
  complete_rebalance_if_all_rejoined(group);
  changed_.notify_all();
}

void MemoryBroker::complete_rebalance_if_all_rejoined(Group* group) {
  const bool all = std::all_of(group->members.begin(), group->members.end(),
                               [](const Member& m) { return m.rejoined; });
  if (!all) return;
  group->preparing = false;
  ++group->generation;
  if (group->members.empty()) return;
  const std::size_t partitions = find_topic(group->topic)->size();
  const std::size_t members = group->members.size();
  std::int32_t next = 0;
  for (std::size_t i = 0; i < members; ++i) {
    Member& member = group->members[i];
    member.partitions.clear();
    member.told = false;
    const std::size_t share = partitions / members + (i < partitions % members ? 1 : 0);
    for (std::size_t j = 0; j < share; ++j) member.partitions.push_back(Partition{next++});
  }
  changed_.notify_all();
}

Status MemoryBroker::take_failure(BrokerCall call) {
  std::deque<Error>& failures = failures_[call];
  if (failures.empty()) return {};
  Error taken = std::move(failures.front());
  failures.pop_front();
  return tl::unexpected<Error>(std::move(taken));
}

}  // namespace freshet::test
