// Scheduler: which fiber goes on next and what time it is, decided by one seeded generator.
//
// Exactly one fiber runs at a time. A fiber that waits is one of those that may go on, or sleeps
// until its time; actions (timers of the world: sessions, restarts) run between two turns, on the
// caller's stack. When nobody may go on, the clock leaps to the first who will.
//
// Errors:  a failed CHECK on misuse
// Threads: one
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "common/random.h"
#include "tests/sim/fiber.h"
#include "tests/support/pipeline_fixture.h"

namespace freshet::sim {

class Scheduler {
 public:
  using FiberId = std::size_t;

  // Both outlive the scheduler.
  Scheduler(Random* random, test::ManualClock* clock) : random_(random), clock_(clock) {}

  FiberId spawn(std::function<void()> body);
  bool done(FiberId id) const { return fibers_[id].fiber == nullptr; }

  // A held fiber does not go on, whatever it waits for, until it is released.
  void hold(FiberId id, bool held) { fibers_[id].held = held; }
  // Runs a waiting fiber now, out of turn, until it is done. For one whose wait throws.
  void run_to_end(FiberId id);

  // Runs `action` when the clock has come to `ms`; those of one moment in the order they were
  // given.
  void at(std::int64_t ms, std::function<void()> action);
  void after(std::int64_t ms, std::function<void()> action) {
    at(clock_->monotonic_ms() + ms, std::move(action));
  }

  // The actions that are due, then one fiber's turn. False when nothing will ever happen again.
  bool step();

  // For the fiber that runs: lets others go first; sleeps.
  void yield() { sleep(0); }
  void sleep(std::int64_t ms);
  FiberId current() const { return current_; }
  bool in_fiber() const { return in_fiber_; }

 private:
  struct Entry {
    std::unique_ptr<Fiber> fiber;  // none when it is done
    std::int64_t wake_ms = 0;
    bool held = false;
  };
  void run_due_actions();
  void turn(FiberId id);

  Random* random_;
  test::ManualClock* clock_;
  std::vector<Entry> fibers_;
  std::multimap<std::int64_t, std::function<void()>> actions_;
  std::vector<FiberId> ready_;
  FiberId current_ = 0;
  bool in_fiber_ = false;
};

}  // namespace freshet::sim
