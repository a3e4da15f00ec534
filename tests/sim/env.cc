#include "tests/sim/env.h"

#include "tests/sim/process.h"

namespace freshet::sim {
namespace {

using test::BrokerCall;

// Whose answer may be lost: the caller may ask again, as pipeline/transport.h allows.
bool may_lose_reply(BrokerCall call) {
  switch (call) {
    case BrokerCall::kCommitted:
    case BrokerCall::kRange:
    case BrokerCall::kFlush:
    case BrokerCall::kCommit:
    case BrokerCall::kInitTransactions:
    case BrokerCall::kEndTransaction:
    case BrokerCall::kChangelogRange:
      return true;
    default:
      return false;
  }
}

// Which calls can say that another producer has taken over.
bool may_be_fenced(BrokerCall call) {
  return call == BrokerCall::kSend || call == BrokerCall::kFlush || call == BrokerCall::kCommit ||
         call == BrokerCall::kProduce || call == BrokerCall::kSendOffsets ||
         call == BrokerCall::kEndTransaction;
}

}  // namespace

bool Env::strikes(Fault fault) {
  const double chance = plan.chance_of(fault);
  if (healing || chance <= 0 || !random.chance(chance)) return false;
  counts.count(fault);
  return true;
}

void Env::violate(const std::string& oracle, const std::string& what) {
  note("VIOLATION of " + oracle + ": " + what);
  if (!violation) violation = "oracle " + oracle + ": " + what;
}

void Env::set_owner(Scheduler::FiberId fiber, Process* process) {
  if (owners_.size() <= fiber) owners_.resize(fiber + 1, nullptr);
  owners_[fiber] = process;
}

Status Env::at(BrokerCall call, Moment moment, const std::string&) {
  if (!scheduler.in_fiber()) return {};
  owners_[scheduler.current()]->at(call_of(call), moment);
  const auto failed = [&](ErrorCode code, const char* what) -> Status {
    note(name_of(call_of(call)) + ": " + what);
    return error(code, "the simulated broker " + std::string(what));
  };
  if (moment == Moment::kBefore && strikes(Fault::kUnavailable)) {
    return failed(ErrorCode::kUnavailable, "does not answer");
  }
  if (moment == Moment::kAfter && may_lose_reply(call) && strikes(Fault::kLostReply)) {
    return failed(ErrorCode::kUnavailable, "loses its answer");
  }
  if (may_be_fenced(call) && strikes(Fault::kFenced)) {
    return failed(ErrorCode::kFenced, "fences the producer");
  }
  return {};
}

// Called with the broker's lock held.
bool Env::lands_at_once(const test::PendingMarker&) { return !strikes(Fault::kLateMarker); }

}  // namespace freshet::sim
