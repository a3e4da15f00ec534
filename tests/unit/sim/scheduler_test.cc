#include "tests/sim/scheduler.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet::sim {

// What three fibers that sleep and yield do under one seed, as text.
std::string run_of(std::uint64_t seed) {
  Random random(seed);
  test::ManualClock clock;
  Scheduler scheduler(&random, &clock);
  std::string order;
  for (char name = 'a'; name <= 'c'; ++name) {
    scheduler.spawn([&, name] {
      for (int i = 0; i < 5; ++i) {
        order += name + std::to_string(clock.monotonic_ms()) + " ";
        scheduler.sleep(static_cast<std::int64_t>(random.below(4)));
      }
    });
  }
  while (scheduler.step()) {
  }
  return order;
}

TEST(Scheduler, OneSeedIsOneOrder) {
  EXPECT_EQ(run_of(7), run_of(7));
  EXPECT_NE(run_of(7), run_of(8));
}

TEST(Scheduler, TheClockLeapsWhereEverybodySleeps) {
  Random random(1);
  test::ManualClock clock;
  Scheduler scheduler(&random, &clock);
  std::int64_t woke_ms = 0;
  scheduler.spawn([&] {
    scheduler.sleep(1'000'000);
    woke_ms = clock.monotonic_ms();
  });
  int turns = 0;
  while (scheduler.step()) ++turns;
  EXPECT_GE(woke_ms, 1'000'000);
  EXPECT_LT(turns, 10);
}

TEST(Scheduler, AHeldFiberStandsStillWhileTimePasses) {
  Random random(1);
  test::ManualClock clock;
  Scheduler scheduler(&random, &clock);
  std::int64_t went_on_ms = 0;
  const auto id = scheduler.spawn([&] {
    scheduler.yield();
    went_on_ms = clock.monotonic_ms();
  });
  scheduler.step();
  scheduler.hold(id, true);
  scheduler.after(500, [&] { scheduler.hold(id, false); });
  while (scheduler.step()) {
  }
  EXPECT_GE(went_on_ms, 500);
}

TEST(Scheduler, ActionsRunInTheOrderOfTheirTimes) {
  Random random(1);
  test::ManualClock clock;
  Scheduler scheduler(&random, &clock);
  std::string order;
  scheduler.at(20, [&] { order += "c"; });
  scheduler.at(10, [&] {
    order += "a";
    scheduler.after(0, [&] { order += "b"; });
  });
  while (scheduler.step()) {
  }
  EXPECT_EQ(order, "abc");
}

}  // namespace freshet::sim
