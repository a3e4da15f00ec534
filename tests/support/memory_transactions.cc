#include "tests/support/memory_transactions.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace freshet::test {
namespace {

tl::unexpected<Error> not_complete(const std::string& transactional_id) {
  return error(ErrorCode::kUnavailable,
               "transactional id " + transactional_id + ": its last transaction is not complete");
}

tl::unexpected<Error> fenced(const std::string& transactional_id) {
  return error(ErrorCode::kFenced,
               "transactional id " + transactional_id + ": a newer producer uses it");
}

}  // namespace

Result<ProducerEpoch> MemoryTransactions::init(const std::string& transactional_id) {
  Transaction& transaction = transactions_[transactional_id];
  if (transaction.epoch < 0) transaction.id = ++last_id_;
  if (transaction.state == State::kPreparing) return not_complete(transactional_id);
  ++transaction.epoch;
  if (transaction.state == State::kOngoing) {
    prepare(transactional_id, &transaction, TransactionEnd::kAbort);
    return not_complete(transactional_id);
  }
  transaction.any = false;
  return ProducerEpoch{transactional_id, transaction.id, transaction.epoch};
}

Result<MemoryTransactions::Transaction*> MemoryTransactions::of(const ProducerEpoch& producer) {
  const auto found = transactions_.find(producer.transactional_id);
  const bool is_current = found != transactions_.end() && found->second.id == producer.id &&
                          found->second.epoch == producer.epoch;
  if (!is_current) return fenced(producer.transactional_id);
  return &found->second;
}

Result<MemoryTransactions::Transaction*> MemoryTransactions::begun(const ProducerEpoch& producer,
                                                                   std::int64_t now_ms) {
  Result<Transaction*> transaction = of(producer);
  if (!transaction) return transaction;
  if ((*transaction)->state == State::kPreparing) return not_complete(producer.transactional_id);
  if ((*transaction)->state == State::kComplete) {
    (*transaction)->state = State::kOngoing;
    (*transaction)->began_ms = now_ms;
  }
  return transaction;
}

Status MemoryTransactions::add(const ProducerEpoch& producer, const TopicPartition& place,
                               std::int64_t now_ms) {
  const Result<Transaction*> transaction = begun(producer, now_ms);
  if (!transaction) return tl::unexpected<Error>(transaction.error());
  (*transaction)->places.insert(place);
  return {};
}

Status MemoryTransactions::add_group(const ProducerEpoch& producer, const std::string& group,
                                     std::int64_t now_ms) {
  const Result<Transaction*> transaction = begun(producer, now_ms);
  if (!transaction) return tl::unexpected<Error>(transaction.error());
  (*transaction)->groups.insert(group);
  return {};
}

Status MemoryTransactions::end(const ProducerEpoch& producer, TransactionEnd end) {
  const Result<Transaction*> found = of(producer);
  if (!found) return tl::unexpected<Error>(found.error());
  Transaction& transaction = **found;
  if (transaction.state == State::kOngoing) {
    prepare(producer.transactional_id, &transaction, end);
    return {};
  }
  FRESHET_CHECK(transaction.any);  // a producer ends what it has begun
  if (transaction.end != end) return fenced(producer.transactional_id);
  if (transaction.state == State::kPreparing) return not_complete(producer.transactional_id);
  return {};
}

void MemoryTransactions::time_out(const std::string& transactional_id) {
  const auto found = transactions_.find(transactional_id);
  if (found == transactions_.end() || found->second.state != State::kOngoing) return;
  ++found->second.epoch;
  prepare(transactional_id, &found->second, TransactionEnd::kAbort);
}

void MemoryTransactions::prepare(const std::string& transactional_id, Transaction* transaction,
                                 TransactionEnd end) {
  transaction->state = State::kPreparing;
  transaction->end = end;
  transaction->any = true;
  const auto queue = [&](const TopicPartition& place, const std::string& group) {
    pending_.push_back({++last_marker_, transactional_id, transaction->id, end, place, group});
    ++transaction->markers_left;
  };
  for (const TopicPartition& place : transaction->places) queue(place, "");
  for (const std::string& group : transaction->groups) queue({}, group);
  transaction->places.clear();
  transaction->groups.clear();
}

void MemoryTransactions::expire(const std::string& transactional_id) {
  FRESHET_CHECK(state_of(transactional_id) == State::kComplete);
  transactions_.erase(transactional_id);
}

std::vector<MemoryTransactions::Open> MemoryTransactions::ongoing() const {
  std::vector<Open> open;
  for (const auto& [id, transaction] : transactions_) {
    if (transaction.state == State::kOngoing) open.push_back({id, transaction.began_ms});
  }
  return open;
}

MemoryTransactions::State MemoryTransactions::state_of(const std::string& transactional_id) const {
  const auto found = transactions_.find(transactional_id);
  return found == transactions_.end() ? State::kComplete : found->second.state;
}

PendingMarker MemoryTransactions::take_landed(std::uint64_t number) {
  const auto found =
      std::find_if(pending_.begin(), pending_.end(),
                   [&](const PendingMarker& marker) { return marker.number == number; });
  FRESHET_CHECK(found != pending_.end());
  PendingMarker landed = std::move(*found);
  pending_.erase(found);
  Transaction& transaction = transactions_[landed.transactional_id];
  if (--transaction.markers_left == 0) transaction.state = State::kComplete;
  return landed;
}

}  // namespace freshet::test
