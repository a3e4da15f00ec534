#include "pipeline/kafka/changelog_topic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/ids.h"
#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/record_size.h"
#include "stateful/user_state.h"

namespace freshet::pipeline {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

WorkerConfig with_lengths(const std::vector<std::size_t>& lengths) {
  WorkerConfig config;
  for (const std::size_t length : lengths) {
    BehaviourConfig behaviour;
    behaviour.limits.name = "b" + std::to_string(config.behaviours.size());
    behaviour.limits.length_max = length;
    config.behaviours.push_back(behaviour);
  }
  return config;
}

TopicSettings good() {
  return {{"cleanup.policy", "compact"},
          {"delete.retention.ms", "604800000"},
          {"max.message.bytes", "1048588"}};
}

TEST(ChangelogTopicTest, ItIsNamedAfterTheApplication) {
  WorkerConfig config;
  config.application_id = "shop";
  EXPECT_EQ(changelog_topic(config), "shop-sequences-changelog");
}

TEST(ChangelogTopicTest, NoUsersRecordIsLargerThanTheBound) {
  const WorkerConfig config = with_lengths({50, 3});
  const std::vector<stateful::BehaviourLimits> limits = config.limits();
  stateful::UserState state(limits);
  for (std::size_t behaviour = 0; behaviour < 2; ++behaviour) {
    const std::size_t count = config.behaviours[behaviour].limits.length_max + 1;
    for (std::size_t i = 0; i < count; ++i) {
      std::string item(kIdBytesMax - 4, 'v');
      item += std::to_string(1'000 + i);
      // Ages are gaps, as long as they get.
      const auto ts = static_cast<std::int64_t>(4'102'444'799'999U / count * (i + 1));
      state.sequences[behaviour].insert({EventTime{ts}, ItemId(item)});
    }
  }
  const std::string value = stateful::encode_user_state(state);
  const std::string user(kIdBytesMax, 'u');
  const std::size_t bytes = batch_bytes_of(user, value, {});
  EXPECT_LE(bytes, changelog_record_bytes_max(config));
  EXPECT_GT(bytes, changelog_record_bytes_max(config) * 8 / 10);  // and it is no wild guess
}

TEST(ChangelogTopicTest, AUsualOneLeavesTheBrokersLimitAsItIs) {
  EXPECT_FALSE(new_changelog_topic(with_lengths({50}), 4).settings.contains("max.message.bytes"));
  const NewTopic wide = new_changelog_topic(with_lengths({10'000}), 4);
  EXPECT_EQ(wide.settings.at("max.message.bytes"),
            std::to_string(changelog_record_bytes_max(with_lengths({10'000}))));
}

TEST(ChangelogTopicTest, ATopicInOrderHasNoFinding) {
  EXPECT_THAT(judge_changelog(with_lengths({50}), good()), IsEmpty());
  EXPECT_THAT(judge_changelog(with_lengths({50}), {}), IsEmpty());
}

TEST(ChangelogTopicTest, OneThatForgetsUsersIsAnError) {
  for (const char* policy : {"delete", "compact,delete"}) {
    TopicSettings settings = good();
    settings["cleanup.policy"] = policy;
    const Findings findings = judge_changelog(with_lengths({50}), settings);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].level, FindingLevel::kError);
    EXPECT_THAT(findings[0].remedy, HasSubstr("cleanup.policy=compact"));
  }
}

TEST(ChangelogTopicTest, OneTooSmallForALongSequenceIsAnErrorWithTheNumberToSet) {
  const WorkerConfig config = with_lengths({8'000});
  const Findings findings = judge_changelog(config, good());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].level, FindingLevel::kError);
  EXPECT_THAT(findings[0].remedy,
              HasSubstr("max.message.bytes=" + std::to_string(changelog_record_bytes_max(config))));
}

TEST(ChangelogTopicTest, AClientThatIsToldToSendLessIsAnError) {
  WorkerConfig config = with_lengths({50});
  EXPECT_GE(transaction_message_bytes_max(with_lengths({20'000})),
            changelog_record_bytes_max(with_lengths({20'000})));
  config.kafka.client = {{"message.max.bytes", "2000"}};
  const Findings findings = judge_changelog(config, good());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].where, "kafka.client.message.max.bytes");
}

TEST(ChangelogTopicTest, TombstonesThatGoEarlyAreWorthAnAdvice) {
  TopicSettings settings = good();
  settings["delete.retention.ms"] = "86400000";
  const Findings findings = judge_changelog(with_lengths({50}), settings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].level, FindingLevel::kAdvice);
}

}  // namespace
}  // namespace freshet::pipeline
