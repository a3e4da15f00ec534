// BrokerHooks: what a test or a simulation decides of a MemoryBroker's faults.
//
// Every call of a transport or a changelog reader on the broker passes here twice: before it is
// done, and after, when it is done but its answer is still on the way. An error that is returned is
// what the caller sees. A commit passes with each of its steps:
//
//   kCommit(before) kProduce* kSendOffsets kEndTransaction kCommit(after)     each before and after
//
// The hooks are called without the broker's lock, on the caller's thread, and may take their time:
// a simulation suspends the caller there, and may never resume it. The one exception is said below.
#pragma once

#include <ostream>
#include <string>

#include "common/status.h"
#include "tests/support/memory_transactions.h"

namespace freshet::test {

// The calls that a test can make fail.
enum class BrokerCall {
  kSubscribe,
  kPoll,
  kCommitted,
  kRange,
  kAsk,
  kSend,
  kFlush,
  kCommit,
  kInitTransactions,  // of subscribe(), before the group is joined
  kProduce,           // of one record: of a flush's, or of a commit's changelog
  kSendOffsets,       // the positions of a commit, into its transaction
  kEndTransaction,    // of a commit, or an abort of close()
  kChangelogRange,
  kChangelogPoll
};
void PrintTo(BrokerCall call, std::ostream* out);  // for the names of tests

enum class Moment { kBefore, kAfter };  // of a call's being done

class BrokerHooks {
 public:
  virtual ~BrokerHooks() = default;

  // `who` is the transport's or reader's name: its instance name where it has one.
  virtual Status at(BrokerCall call, Moment moment, const std::string& who);

  // Whether the marker lands at the moment of the decision; otherwise MemoryBroker::land_marker
  // lets it. Called with the lock held: it must not call the broker.
  virtual bool lands_at_once(const PendingMarker& marker);
};

}  // namespace freshet::test
