#include "pipeline/commands/demo_report.h"

#include <gtest/gtest.h>

namespace freshet::commands {
namespace {

TEST(DemoReportTest, PercentilesAreOfTheNearestRank) {
  EXPECT_EQ(percentile({5}, 0.99), 5);
  EXPECT_EQ(percentile({4, 1, 3, 2}, 0.5), 2);
  EXPECT_EQ(percentile({4, 1, 3, 2}, 0.99), 4);
  EXPECT_EQ(percentile({4, 1, 3, 2}, 0.0), 1);
}

TEST(DemoReportTest, AStoppedDemoClaimsNothing) {
  DemoOutcome outcome;
  outcome.tally.sent = 1'000;
  outcome.tally.scores = 900;
  outcome.tally.missing = 100;
  outcome.full_speed_events = 500;
  outcome.full_speed_s = 1;
  const std::string text = demo_report({}, outcome, 500, Terminal{});
  EXPECT_NE(text.find("stopped"), std::string::npos);
  EXPECT_EQ(text.find("exactly one"), std::string::npos);
  EXPECT_EQ(text.find("full speed"), std::string::npos);
}

TEST(DemoReportTest, NumbersEndInOneColumn) {
  DemoOutcome outcome;
  outcome.tally.sent = 12;
  outcome.tally.dead_letters = {
      {"not_json", 12}, {"empty_candidates", 12}, {"unsupported_format", 12}};
  const std::string text = demo_report({}, outcome, 500, Terminal{});
  for (const std::string name : {"events in", "- not_json", "- empty_", "- unsupported_"}) {
    const std::size_t begin = text.find("  " + name);
    ASSERT_NE(begin, std::string::npos) << text;
    EXPECT_EQ(text.substr(begin + 28, 2), "12") << text;
  }
}

TEST(DemoReportTest, LinesFitEightyColumns) {
  DemoOptions options;
  options.paced_per_s = 1'000'000;
  DemoOutcome outcome;
  outcome.tally.sent = outcome.tally.scores = 99'999'999;
  outcome.tally.dead_letters["empty_candidates"] = 1'234'567;
  outcome.tally.latencies_ms.assign(4'000, 123.4);
  outcome.full_speed_events = 99'000'000;
  outcome.full_speed_s = 100;
  outcome.counters.late = outcome.counters.duplicate = 1'234'567;
  const std::string text = demo_report(options, outcome, 500, Terminal{});
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 80U) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

}  // namespace
}  // namespace freshet::commands
