#include "pipeline/log/log_limit.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet::pipeline::log_limit_test {

TEST(LogLimitTest, LinesThatDifferInNumbersAreAlike) {
  LogLimit limit(2, 1'000);
  EXPECT_TRUE(limit.judge("broker 1 is down", 0).passes);
  EXPECT_TRUE(limit.judge("broker 22 is down", 0).passes);
  EXPECT_FALSE(limit.judge("broker 3 is down", 0).passes);
  EXPECT_TRUE(limit.judge("disk 1 is full", 0).passes);
  EXPECT_EQ(limit.suppressed(), 1U);
}

TEST(LogLimitTest, TheNextIntervalSaysHowManyWereLeftOut) {
  LogLimit limit(1, 1'000);
  for (int i = 0; i < 5; ++i) limit.judge("away", 10);
  const LogLimit::Verdict next = limit.judge("away", 1'010);
  EXPECT_TRUE(next.passes);
  EXPECT_EQ(next.left_out, 4U);
  limit.judge("away", 1'020);
  EXPECT_EQ(limit.judge("away", 2'000).left_out, 1U);
}

TEST(LogLimitTest, AStormOfDifferentLinesIsBoundedToo) {
  LogLimit limit(1, 1'000);
  std::size_t passed = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string line;  // no digits: every line has a shape of its own
    for (int rest = i; line.size() < 8; rest /= 26) {
      line.push_back(static_cast<char>('a' + rest % 26));
    }
    if (limit.judge(line, 5).passes) ++passed;
  }
  EXPECT_LE(passed, LogLimit::kShapesMax + 1);
  EXPECT_EQ(limit.suppressed(), 100'000 - passed);
}

TEST(LogLimitTest, ShapesOfOldIntervalsMakeRoom) {
  LogLimit limit(1, 1'000);
  for (std::size_t i = 0; i < LogLimit::kShapesMax; ++i) {
    limit.judge(std::string(i + 1, 'x'), 0);
  }
  EXPECT_TRUE(limit.judge("new", 1'000).passes);
  EXPECT_TRUE(limit.judge("newer", 1'000).passes);
}

}  // namespace freshet::pipeline::log_limit_test
