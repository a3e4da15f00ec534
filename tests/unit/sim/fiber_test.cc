#include "tests/sim/fiber.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace freshet::sim {

TEST(Fiber, GoesOnWhereItSuspended) {
  std::string order;
  Fiber fiber([&] {
    order += "a";
    Fiber::suspend();
    order += "c";
  });
  fiber.resume();
  order += "b";
  EXPECT_FALSE(fiber.done());
  fiber.resume();
  EXPECT_TRUE(fiber.done());
  EXPECT_EQ(order, "abc");
}

TEST(Fiber, TwoOfThemKeepTheirOwnLocals) {
  std::string order;
  const auto body = [&](char first) {
    return [&order, first] {
      for (char c = first; c < first + 3; ++c) {
        order += c;
        Fiber::suspend();
      }
    };
  };
  Fiber letters(body('a'));
  Fiber digits(body('1'));
  for (int i = 0; i < 4; ++i) {
    letters.resume();
    digits.resume();
  }
  EXPECT_TRUE(letters.done() && digits.done());
  EXPECT_EQ(order, "a1b2c3");
}

TEST(Fiber, AnExceptionUnwindsItsStackAlone) {
  bool unwound = false;
  struct Unwinds {
    bool* flag;
    ~Unwinds() { *flag = true; }
  };
  Fiber fiber([&] {
    try {
      const Unwinds local{&unwound};
      Fiber::suspend();
      throw std::runtime_error("crash");
    } catch (const std::runtime_error&) {
    }
  });
  fiber.resume();
  EXPECT_FALSE(unwound);
  fiber.resume();
  EXPECT_TRUE(unwound && fiber.done());
}

TEST(FiberDeathTest, SuspendOutsideOfAFiberIsRefused) { EXPECT_DEATH(Fiber::suspend(), "self"); }

}  // namespace freshet::sim
