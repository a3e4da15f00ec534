#include "pipeline/commands/demo_ledger.h"

#include <gtest/gtest.h>

#include <chrono>

namespace freshet::commands {
namespace {

using std::chrono::milliseconds;

SteadyTime now() { return std::chrono::steady_clock::now(); }

TEST(DemoLedgerTest, EachRecordIsAnsweredOnce) {
  DemoLedger ledger(2);
  ledger.sent(Partition{0}, now(), false);
  ledger.sent(Partition{1}, now(), true);
  ledger.sent(Partition{1}, now(), true);
  ledger.answered(Partition{1}, Offset{0}, 100, std::nullopt);
  ledger.answered(Partition{1}, Offset{0}, 100, std::nullopt);
  ledger.answered(Partition{0}, Offset{0}, 100, "not_json");
  const DemoTally tally = ledger.tally();
  EXPECT_EQ(tally.sent, 3U);
  EXPECT_EQ(tally.scores, 1U);
  EXPECT_EQ(tally.dead_letters.at("not_json"), 1U);
  EXPECT_EQ(tally.repeats, 1U);
  EXPECT_EQ(tally.missing, 1U);
  EXPECT_EQ(tally.latencies_ms.size(), 1U);
}

TEST(DemoLedgerTest, TheWindowShrinksWithTheLargestOutput) {
  DemoLedger ledger(1);
  for (int i = 0; i < 3; ++i) ledger.sent(Partition{0}, now(), false);
  const std::uint64_t widest = ledger.window();
  ledger.answered(Partition{0}, Offset{0}, 10'000, std::nullopt);
  EXPECT_LT(ledger.window(), widest);
  EXPECT_LE(ledger.window() * 10'000, std::uint64_t{5} << 20);
  ledger.answered(Partition{0}, Offset{1}, 100, std::nullopt);
  EXPECT_LE(ledger.window() * 10'000, std::uint64_t{5} << 20);
  ledger.answered(Partition{0}, Offset{2}, 900'000, std::nullopt);
  EXPECT_GE(ledger.window(), 1U);
}

TEST(DemoLedgerTest, WaitingEndsWhenEnoughHasCome) {
  DemoLedger ledger(1);
  ledger.sent(Partition{0}, now(), false);
  EXPECT_FALSE(ledger.wait_for(0, milliseconds(0)));
  EXPECT_TRUE(ledger.wait_for(1, milliseconds(0)));
  ledger.answered(Partition{0}, Offset{0}, 1, std::nullopt);
  EXPECT_TRUE(ledger.wait_for(0, milliseconds(0)));
}

}  // namespace
}  // namespace freshet::commands
