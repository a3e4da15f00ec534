#include "tests/support/memory_producer.h"

#include <limits>
#include <utility>

#include "common/check.h"
#include "pipeline/config/changelog_name.h"
#include "pipeline/events/partitioner.h"
#include "tests/support/memory_changelog_reader.h"

namespace freshet::test {

using pipeline::ChangelogEntry;
using pipeline::ChangelogPositions;
using pipeline::OutputRecord;
using pipeline::PartitionCommit;

MemoryProducer::MemoryProducer(MemoryBroker* broker, const pipeline::WorkerConfig& config,
                               std::string who)
    : broker_(broker),
      who_(std::move(who)),
      transactional_id_(config.application_id + "-" + who_),
      changelog_topic_(pipeline::changelog_topic(config)),
      outputs_in_transaction_(config.delivery == pipeline::Delivery::kExactlyOnce),
      changelog_(config.changelog) {
  for (const pipeline::OutputTopicName& output : pipeline::output_topics(config)) {
    outputs_[static_cast<std::size_t>(output.topic)] = output.name;
  }
}

Status MemoryProducer::init_transactions() {
  if (!is_transactional() || epoch_) return {};
  return step(BrokerCall::kInitTransactions, [&]() -> Status {
    Result<ProducerEpoch> epoch = broker_->init_producer(transactional_id_);
    if (!epoch) return tl::unexpected<Error>(epoch.error());
    epoch_ = std::move(*epoch);
    return {};
  });
}

Status MemoryProducer::step(BrokerCall call, const std::function<Status()>& request) {
  Status done = broker_->at(call, Moment::kBefore, who_);
  if (done) done = request();
  if (done) done = broker_->at(call, Moment::kAfter, who_);
  if (!done && is_transactional() && done.error().code == ErrorCode::kFenced) {
    fenced_ = done.error();
  }
  return done;
}

Status MemoryProducer::send(const OutputRecord& record) {
  if (fenced_) return tl::unexpected<Error>(*fenced_);
  return step(BrokerCall::kSend, [&]() -> Status {
    unflushed_.push_back(record);
    if (!broker_->delivers_at_once()) return {};
    Status delivered = deliver_unflushed();
    // The record is taken all the same: its flush delivers it.
    if (!delivered && delivered.error().code == ErrorCode::kUnavailable) return {};
    return delivered;
  });
}

Status MemoryProducer::deliver_unflushed() {
  while (!unflushed_.empty()) {
    Status sent = step(BrokerCall::kProduce, [&]() -> Status {
      if (Status delivered = deliver(unflushed_.front()); !delivered) return delivered;
      unflushed_.pop_front();
      return {};
    });
    if (!sent) return sent;
  }
  return {};
}

Status MemoryProducer::deliver(const OutputRecord& record) {
  const std::string& topic = outputs_[static_cast<std::size_t>(record.topic)];
  FRESHET_CHECK(!topic.empty());
  StoredRecord stored;
  stored.key = record.key;
  stored.value = record.value;
  stored.headers = record.headers;
  const Partition partition =
      pipeline::partition_of(record.key.value_or(""), broker_->partition_count(topic));
  if (!outputs_in_transaction_) {
    broker_->produce({topic, partition}, std::move(stored));
    return {};
  }
  FRESHET_CHECK(epoch_.has_value());
  const Result<Offset> produced = broker_->produce(*epoch_, {topic, partition}, std::move(stored));
  if (!produced) return tl::unexpected<Error>(produced.error());
  open_ = true;
  return {};
}

Status MemoryProducer::flush() {
  if (fenced_) return tl::unexpected<Error>(*fenced_);
  return step(BrokerCall::kFlush, [&] { return deliver_unflushed(); });
}

Result<ChangelogPositions> MemoryProducer::commit(std::span<const PartitionCommit> partitions,
                                                  const GroupMetadata& as) {
  return go_on(partitions, as, std::numeric_limits<std::size_t>::max())
      .map([](std::optional<ChangelogPositions>&& done) { return std::move(*done); });
}

Result<std::optional<ChangelogPositions>> MemoryProducer::try_commit(
    std::span<const PartitionCommit> partitions, const GroupMetadata& as) {
  if (outputs_in_transaction_) {
    return go_on(partitions, as, std::numeric_limits<std::size_t>::max());
  }
  if (changelog_ || progress_.begun) return go_on(partitions, as, 1);
  FRESHET_CHECK(unflushed_.empty());
  progress_.begun = true;
  return std::nullopt;
}

Result<std::optional<ChangelogPositions>> MemoryProducer::go_on(
    std::span<const PartitionCommit> partitions, const GroupMetadata& as,
    std::size_t requests_max) {
  const bool sent_beside = progress_.begun && !outputs_in_transaction_;
  FRESHET_CHECK(!partitions.empty() && (unflushed_.empty() || sent_beside));
  if (fenced_) return tl::unexpected<Error>(*fenced_);
  progress_.begun = true;
  const Status gone_on = step(BrokerCall::kCommit, [&]() -> Status {
    if (is_transactional()) return go_on_with_transaction(partitions, as, requests_max);
    return broker_->commit_positions(as, partitions);
  });
  if (!gone_on) return tl::unexpected<Error>(gone_on.error());
  if (is_transactional() && !progress_.ended) return std::nullopt;
  ChangelogPositions positions = std::move(progress_.positions);
  positions.resize(partitions.size());
  progress_ = {};
  open_ = false;
  return std::optional<ChangelogPositions>(std::move(positions));
}

Status MemoryProducer::go_on_with_transaction(std::span<const PartitionCommit> partitions,
                                              const GroupMetadata& as, std::size_t requests_max) {
  if (progress_.ended) return {};
  if (Status written = write_changelog(partitions, &requests_max); !written) return written;
  if (requests_max == 0) return {};
  if (!progress_.offsets_sent) {
    --requests_max;
    Status sent = step(BrokerCall::kSendOffsets, [&]() -> Status {
      open_ = true;
      if (Status taken = broker_->send_offsets(*epoch_, as, partitions); !taken) return taken;
      progress_.offsets_sent = true;
      return {};
    });
    if (!sent) return sent;
  }
  if (requests_max == 0) return {};
  return step(BrokerCall::kEndTransaction, [&]() -> Status {
    Status ended = broker_->end_transaction(*epoch_, TransactionEnd::kCommit);
    progress_.ended = ended.has_value();
    return ended;
  });
}

Status MemoryProducer::write_changelog(std::span<const PartitionCommit> partitions,
                                       std::size_t* requests_left) {
  FRESHET_CHECK(epoch_.has_value());
  progress_.positions.resize(partitions.size());
  std::size_t number = 0;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const TopicPartition place{changelog_topic_, partitions[i].partition};
    for (const ChangelogEntry& entry : partitions[i].changelog) {
      if (number++ < progress_.entries) continue;
      if (*requests_left == 0) return {};
      --*requests_left;
      FRESHET_CHECK(changelog_);
      Status written = step(BrokerCall::kProduce, [&]() -> Status {
        StoredRecord stored;
        stored.key = std::string(entry.key);
        if (entry.value) stored.value = std::string(*entry.value);
        const Result<Offset> produced = broker_->produce(*epoch_, place, std::move(stored));
        if (!produced) return tl::unexpected<Error>(produced.error());
        open_ = true;
        progress_.positions[i] = position_after(*produced);
        ++progress_.entries;
        return {};
      });
      if (!written) return written;
    }
  }
  return {};
}

Status MemoryProducer::abort() {
  if (outputs_in_transaction_) unflushed_.clear();
  if (!open_) progress_ = {};
  if (!open_ || fenced_) return {};
  return end_open_transaction();
}

void MemoryProducer::close() {
  unflushed_.clear();
  if (!open_ || progress_.ended) return;
  // Where it cannot be done, the next producer under this id ends the transaction.
  static_cast<void>(end_open_transaction());
}

Status MemoryProducer::end_open_transaction() {
  Status ended = step(BrokerCall::kEndTransaction,
                      [&] { return broker_->end_transaction(*epoch_, TransactionEnd::kAbort); });
  if (ended) {
    open_ = false;
    progress_ = {};
    return ended;
  }
  if (!fenced_) fenced_ = {ErrorCode::kFenced, ended.error().message};
  return tl::unexpected<Error>(*fenced_);
}

}  // namespace freshet::test
