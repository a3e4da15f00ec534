#include "tests/sim/scheduler.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/check.h"

namespace freshet::sim {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// How often a turn takes time that the clock shows, and how much at most.
constexpr double kTurnTakesTime = 0.25;
constexpr std::uint64_t kTurnMsMax = 3;

}  // namespace

Scheduler::FiberId Scheduler::spawn(std::function<void()> body) {
  Entry entry;
  entry.fiber = std::make_unique<Fiber>(std::move(body));
  entry.wake_ms = clock_->monotonic_ms();
  fibers_.push_back(std::move(entry));
  return fibers_.size() - 1;
}

void Scheduler::at(std::int64_t ms, std::function<void()> action) {
  actions_.emplace(ms, std::move(action));
}

void Scheduler::run_due_actions() {
  while (!actions_.empty() && actions_.begin()->first <= clock_->monotonic_ms()) {
    const std::function<void()> action = std::move(actions_.begin()->second);
    actions_.erase(actions_.begin());
    action();
  }
}

void Scheduler::turn(FiberId id) {
  FRESHET_CHECK(!in_fiber_);
  current_ = id;
  in_fiber_ = true;
  // The entry may move while the fiber spawns others.
  Fiber* const fiber = fibers_[id].fiber.get();
  fiber->resume();
  in_fiber_ = false;
  if (fiber->done()) fibers_[id].fiber.reset();
}

void Scheduler::run_to_end(FiberId id) {
  while (!done(id)) turn(id);
}

bool Scheduler::step() {
  run_due_actions();
  const std::int64_t now = clock_->monotonic_ms();
  std::int64_t next = actions_.empty() ? kNever : actions_.begin()->first;
  ready_.clear();
  for (FiberId id = 0; id < fibers_.size(); ++id) {
    const Entry& entry = fibers_[id];
    if (entry.fiber == nullptr || entry.held) continue;
    if (entry.wake_ms <= now) {
      ready_.push_back(id);
    } else {
      next = std::min(next, entry.wake_ms);
    }
  }
  if (ready_.empty()) {
    if (next == kNever) return false;
    clock_->advance(next - now);
    return true;
  }
  turn(ready_[random_->below(ready_.size())]);
  if (random_->chance(kTurnTakesTime)) {
    clock_->advance(1 + static_cast<std::int64_t>(random_->below(kTurnMsMax)));
  }
  return true;
}

void Scheduler::sleep(std::int64_t ms) {
  FRESHET_CHECK(in_fiber_);
  fibers_[current_].wake_ms = clock_->monotonic_ms() + ms;
  Fiber::suspend();
}

}  // namespace freshet::sim
