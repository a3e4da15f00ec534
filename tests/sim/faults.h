// What can go wrong in a run, how often each of it does under one seed, and how often it did.
//
// Half of the kinds are off in any one plan, so that runs differ in what they try and a rare fault
// is not always hidden behind a frequent one.
// Threads: one
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/random.h"
#include "tests/support/broker_hooks.h"

namespace freshet::sim {

using test::Moment;

// The calls of a worker at which the world may act, before and after each: the broker's, by their
// own numbers, then the store's, then waiting.
enum class Call : std::size_t {
  kReadMarker = static_cast<std::size_t>(test::BrokerCall::kChangelogPoll) + 1,
  kReadUser,
  kApply,
  kScan,
  kSetAside,
  kWait,
  kCount,
};
constexpr Call call_of(test::BrokerCall call) { return static_cast<Call>(call); }
std::string name_of(Call call);

enum class Fault {
  kCrash,               // the process is killed at a call
  kMachineCrash,        // likewise, and its store loses a tail of batches
  kFreeze,              // the process stands still past its session, then goes on
  kSlowCall,            // one call takes long
  kUnavailable,         // a call fails and has done nothing
  kLostReply,           // a call is done, and its caller does not learn it
  kFenced,              // a call says that the producer is fenced
  kDiskFull,            // the store refuses a call
  kDamage,              // the store finds bytes that fail their check
  kExpire,              // a member's session runs out although its process is well
  kTransactionTimeout,  // a transaction is aborted although its producer is well
  kLateMarker,          // a decided transaction becomes visible here later than elsewhere
  kLeave,               // a process is asked to stop, and comes back
  kDays,                // nobody looks for days
  kCompaction,          // the log cleaner runs over the changelog
  kRetention,           // the input forgets what nobody needs to read again
  kStaleBatch,          // seen: the store dropped a batch of an earlier owner
  kLostTail,            // seen: batches that a machine's crash took
  kLostDisk,            // seen: machines that came back without their store
  kSetAside,            // seen: states of a partition that were set aside
  kGaveUp,              // seen: workers that stopped after too many restarts without progress
  kAbandoned,           // seen: transactions that their time-out aborted
  kCount,
};
std::string_view name_of(Fault fault);
std::optional<Fault> fault_of(std::string_view name);

inline constexpr std::size_t kCalls = static_cast<std::size_t>(Call::kCount);
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::kCount);

// The chance of each fault at each of its occasions.
struct FaultPlan {
  std::array<double, kFaults> chances{};
  static FaultPlan draw(Random* random);
  double chance_of(Fault fault) const { return chances[static_cast<std::size_t>(fault)]; }
};

struct FaultCounts {
  std::array<std::uint64_t, kFaults> faults{};
  std::array<std::array<std::uint64_t, 2>, kCalls> crashes{};  // by call and moment

  void count(Fault fault) { ++faults[static_cast<std::size_t>(fault)]; }
  void count_crash(Call call, Moment moment) {
    ++crashes[static_cast<std::size_t>(call)][static_cast<std::size_t>(moment)];
  }
  void add(const FaultCounts& other);
  std::string faults_text() const;   // "crash 12, freeze 3, ..."
  std::string crashes_text() const;  // "Poll 3+4, ...": before + after
};

}  // namespace freshet::sim
