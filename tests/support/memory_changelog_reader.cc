#include "tests/support/memory_changelog_reader.h"

#include <iterator>
#include <utility>

#include "common/check.h"
#include "pipeline/config/changelog_name.h"

namespace freshet::test {

using pipeline::RecordBatch;

// The records of one batch; they are copies, so that a compaction does not reach them.
struct MemoryChangelogReader::Fetched {
  std::vector<StoredRecord> records;
  std::map<Partition, Position> next;  // where to go on once they are handed out
};

MemoryChangelogReader::MemoryChangelogReader(MemoryBroker* broker,
                                             const pipeline::WorkerConfig& config, std::string who)
    : broker_(broker), topic_(pipeline::changelog_topic(config)), who_(std::move(who)) {}

Status MemoryChangelogReader::find_topic() const {
  if (broker_->find_topic(topic_) != nullptr) return {};
  return error(ErrorCode::kInvalidConfig, "topic " + topic_ + " is missing; create the topic");
}

Result<PositionRange> MemoryChangelogReader::range(Partition partition) {
  Status asked = broker_->at(BrokerCall::kChangelogRange, Moment::kBefore, who_);
  PositionRange range;
  if (asked) {
    const std::lock_guard lock(broker_->mutex_);
    if (asked = find_topic(); asked) {
      const MemoryLog& log = broker_->log_of(topic_, partition);
      range = {log.begin(), log.stable_end()};
    }
  }
  if (asked) asked = broker_->at(BrokerCall::kChangelogRange, Moment::kAfter, who_);
  if (!asked) return tl::unexpected<Error>(asked.error());
  return range;
}

Status MemoryChangelogReader::start_at(Partition partition, Position position) {
  FRESHET_CHECK(position.value >= 0);
  next_[partition] = position;
  return {};
}

Position MemoryChangelogReader::position(Partition partition) const {
  const auto next = next_.find(partition);
  FRESHET_CHECK(next != next_.end());
  return next->second;
}

Result<RecordBatch> MemoryChangelogReader::poll(std::chrono::milliseconds timeout,
                                                std::size_t records_max) {
  FRESHET_CHECK(records_max > 0);
  if (Status failed = broker_->at(BrokerCall::kChangelogPoll, Moment::kBefore, who_); !failed) {
    return tl::unexpected<Error>(failed.error());
  }
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::unique_lock lock(broker_->mutex_);
  bool waits = timeout.count() > 0;
  auto fetched = fetch(records_max);
  while (fetched && (*fetched)->records.empty() && waits) {
    waits = broker_->changed_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    fetched = fetch(records_max);
  }
  lock.unlock();
  if (!fetched) return tl::unexpected<Error>(fetched.error());
  if (Status failed = broker_->at(BrokerCall::kChangelogPoll, Moment::kAfter, who_); !failed) {
    return tl::unexpected<Error>(failed.error());
  }
  next_ = (*fetched)->next;
  RecordBatch batch;
  for (const StoredRecord& record : (*fetched)->records) {
    batch.records.push_back(
        {record.partition, record.offset, record.timestamp, record.key, record.value});
  }
  batch.owner = std::move(*fetched);
  return batch;
}

Result<std::shared_ptr<MemoryChangelogReader::Fetched>> MemoryChangelogReader::fetch(
    std::size_t records_max) {
  auto fetched = std::make_shared<Fetched>();
  fetched->next = next_;
  if (next_.empty()) return fetched;
  if (Status found = find_topic(); !found) return tl::unexpected<Error>(found.error());
  auto entry = std::next(fetched->next.begin(), static_cast<long>(turn_++ % next_.size()));
  for (std::size_t i = 0; i < next_.size(); ++i) {
    auto& [partition, next] = *entry;
    const MemoryLog& log = broker_->log_of(topic_, partition);
    if (!log.holds(next)) {
      return error(ErrorCode::kCorruptState, "topic " + topic_ + " partition " +
                                                 std::to_string(partition.value) + ": position " +
                                                 std::to_string(next.value) + " is not in the log");
    }
    next = log.read(next, records_max - fetched->records.size(), &fetched->records);
    if (++entry == fetched->next.end()) entry = fetched->next.begin();
  }
  return fetched;
}

}  // namespace freshet::test
