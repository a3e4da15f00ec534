// MemoryTransactions: the transaction coordinator of a MemoryBroker.
//
//             record or offsets          commit
//   complete ------------------> ongoing ------> preparing (commit) --every marker landed-->
//   complete
//                                    \---------> preparing (abort) ---every marker landed-->
//                                    complete
//                                     abort, time-out, init
//
// The decision falls with "preparing" and is final; the markers carry it to the partitions, each at
// a moment of its own. Until the last has landed the transactional id takes nothing new.
//
// Init and a time-out raise the epoch: whoever still uses the older one is fenced.
//
// Errors:  kUnavailable while a transaction is preparing, kFenced of an old epoch
// Threads: one at a time; MemoryBroker's lock holds that
// Oracle:  tests/contract/pipeline/transaction_contract.h, which the real broker passes too
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/status.h"
#include "tests/support/memory_log.h"

namespace freshet::test {

struct TopicPartition {
  std::string topic;
  Partition partition;
  auto operator<=>(const TopicPartition&) const = default;
};

// What a transactional producer is known by; init gives it.
struct ProducerEpoch {
  std::string transactional_id;
  ProducerId id = 0;
  std::int32_t epoch = 0;
};

// A control record on its way to one place of a transaction that is decided.
struct PendingMarker {
  std::uint64_t number = 0;  // in the order in which they were decided
  std::string transactional_id;
  ProducerId producer = 0;
  TransactionEnd end = TransactionEnd::kCommit;
  TopicPartition place;  // of records; without a topic where the place is the group's offsets
  std::string group;     // whose offsets; empty where the place is a topic's
};

class MemoryTransactions {
 public:
  enum class State { kComplete, kOngoing, kPreparing };
  struct Open {
    std::string transactional_id;
    std::int64_t began_ms = 0;
  };

  // A new epoch for the id. What was ongoing is aborted; kUnavailable until its markers landed.
  Result<ProducerEpoch> init(const std::string& transactional_id);

  // Takes a place into the producer's transaction, and begins one where there is none.
  Status add(const ProducerEpoch& producer, const TopicPartition& place, std::int64_t now_ms);
  Status add_group(const ProducerEpoch& producer, const std::string& group, std::int64_t now_ms);

  // Decides. Repeated with the same decision after all markers landed it is done already.
  Status end(const ProducerEpoch& producer, TransactionEnd end);

  // The transaction's time is over: it is aborted and its producer fenced. Nothing where none is
  // ongoing.
  void time_out(const std::string& transactional_id);

  // The id is forgotten. Requires: its last transaction is complete.
  void expire(const std::string& transactional_id);

  std::vector<Open> ongoing() const;
  State state_of(const std::string& transactional_id) const;
  const std::vector<PendingMarker>& pending() const { return pending_; }
  // The marker lies where it belongs. Requires: it is pending.
  PendingMarker take_landed(std::uint64_t number);

 private:
  struct Transaction {
    ProducerId id = 0;
    std::int32_t epoch = -1;
    State state = State::kComplete;
    TransactionEnd end = TransactionEnd::kAbort;  // of the one that is preparing or complete
    bool any = false;                             // whether `end` says something
    std::int64_t began_ms = 0;
    std::set<TopicPartition> places;
    std::set<std::string> groups;
    std::size_t markers_left = 0;
  };

  Result<Transaction*> begun(const ProducerEpoch& producer, std::int64_t now_ms);
  Result<Transaction*> of(const ProducerEpoch& producer);
  void prepare(const std::string& transactional_id, Transaction* transaction, TransactionEnd end);

  std::map<std::string, Transaction> transactions_;
  std::vector<PendingMarker> pending_;
  ProducerId last_id_ = 0;
  std::uint64_t last_marker_ = 0;
};

}  // namespace freshet::test
