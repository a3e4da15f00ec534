#include "pipeline/kafka/topic_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::pipeline {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

WorkerConfig week_of_clicks() {
  WorkerConfig config;
  BehaviourConfig click;
  click.limits.age_max = DurationMs{7 * 86'400'000LL};
  config.behaviours = {click};
  return config;
}

// A topic as Freshet wants it.
TopicSettings good() {
  return {{"cleanup.policy", "delete"},
          {"message.timestamp.type", "LogAppendTime"},
          {"retention.ms", "604800000"},
          {"retention.bytes", "-1"},
          {"max.message.bytes", "1048588"}};
}

TEST(TopicCheckTest, ATopicInOrderHasNoFinding) {
  EXPECT_THAT(judge_input(week_of_clicks(), good()), IsEmpty());
  EXPECT_THAT(judge_dead_letters(week_of_clicks(), good()), IsEmpty());
}

TEST(TopicCheckTest, AnInputThatIsAlsoCompactedIsAnErrorWithItsRemedy) {
  TopicSettings settings = good();
  settings["cleanup.policy"] = "delete,compact";
  const Findings findings = judge_input(week_of_clicks(), settings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].level, FindingLevel::kError);
  EXPECT_EQ(findings[0].where, "topic clicks");
  EXPECT_THAT(findings[0].remedy, HasSubstr("cleanup.policy=delete"));
}

TEST(TopicCheckTest, RecordTimesOfTheProducersAreWorthAnAdvice) {
  TopicSettings settings = good();
  settings["message.timestamp.type"] = "CreateTime";
  const Findings findings = judge_input(week_of_clicks(), settings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].level, FindingLevel::kAdvice);
  EXPECT_THAT(findings[0].remedy, HasSubstr("LogAppendTime"));
}

TEST(TopicCheckTest, WithoutAChangelogRetentionIsHeldAgainstWhatMayBeVisible) {
  WorkerConfig config = week_of_clicks();
  config.changelog = false;
  config.input.event_future_max = DurationMs{1'000};
  TopicSettings settings = good();
  settings["retention.ms"] = "604801000";
  EXPECT_THAT(judge_input(config, settings), IsEmpty());
  settings["retention.ms"] = "604800999";
  const Findings findings = judge_input(config, settings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].level, FindingLevel::kAdvice);
  EXPECT_THAT(findings[0].message, HasSubstr("changelog: off"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("changelog: on"));
  settings["retention.ms"] = "-1";
  EXPECT_THAT(judge_input(config, settings), IsEmpty());
}

TEST(TopicCheckTest, WithAChangelogRetentionNeedOnlyOutlastAPause) {
  TopicSettings settings = good();
  settings["retention.ms"] = "86400000";
  EXPECT_THAT(judge_input(week_of_clicks(), settings), IsEmpty());
  settings["retention.ms"] = "86399999";
  const Findings findings = judge_input(week_of_clicks(), settings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].level, FindingLevel::kAdvice);
  EXPECT_THAT(findings[0].message, HasSubstr("no worker runs"));
}

TEST(TopicCheckTest, ATopicThatCannotTakeADeadLetterIsAWarningAndACompactedOneAnError) {
  TopicSettings settings = good();
  settings["max.message.bytes"] = "599999";
  const Findings small = judge_dead_letters(week_of_clicks(), settings);
  ASSERT_EQ(small.size(), 1U);
  EXPECT_EQ(small[0].level, FindingLevel::kWarning);
  EXPECT_EQ(small[0].where, "topic clicks-dead-letter");
  settings = good();
  settings["cleanup.policy"] = "compact";
  const Findings compacted = judge_dead_letters(week_of_clicks(), settings);
  ASSERT_EQ(compacted.size(), 1U);
  EXPECT_EQ(compacted[0].level, FindingLevel::kError);
}

TEST(TopicCheckTest, SettingsThatTheBrokersKeepToThemselvesAreNotJudged) {
  EXPECT_THAT(judge_input(week_of_clicks(), {}), IsEmpty());
  EXPECT_THAT(judge_dead_letters(week_of_clicks(), {}), IsEmpty());
}

}  // namespace
}  // namespace freshet::pipeline
