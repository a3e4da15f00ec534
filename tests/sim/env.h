// Env: what all parts of one simulated world share: chance, time, broker, plan, and what was found.
//
// It is also the broker's hooks: every call of a worker's transport passes here.
// Threads: one, the world's
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/random.h"
#include "tests/sim/faults.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/trace.h"
#include "tests/support/memory_broker.h"
#include "tests/support/pipeline_fixture.h"

namespace freshet::sim {

class Process;

class Env final : public test::BrokerHooks {
 public:
  Env(std::uint64_t seed, bool keeps_trace)
      : random(seed), scheduler(&random, &clock), trace(keeps_trace), broker(this, &clock) {}
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  // Whether this fault happens now; counted if so. Never once the world heals.
  bool strikes(Fault fault);
  // The first finding is the run's.
  void violate(const std::string& oracle, const std::string& what);
  void note(const std::string& text) {
    if (trace.keeps_text()) trace.line(now(), text);
  }
  std::int64_t now() const { return clock.monotonic_ms(); }

  // Which process a fiber belongs to; null for nobody's.
  void set_owner(Scheduler::FiberId fiber, Process* process);

  Status at(test::BrokerCall call, Moment moment, const std::string& who) override;
  bool lands_at_once(const test::PendingMarker& marker) override;

  Random random;
  test::ManualClock clock;
  Scheduler scheduler;
  Trace trace;
  test::MemoryBroker broker;
  FaultPlan plan;
  FaultCounts counts;
  bool healing = false;  // faults are over; everything must come to its end
  std::optional<std::string> violation;

 private:
  std::vector<Process*> owners_;  // by fiber
};

}  // namespace freshet::sim
