// The changelog's topic on the real broker: made by the first worker, refused where it does not
// fit.
#include "pipeline/kafka/changelog_topic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/kafka/kafka_handle.h"
#include "pipeline/position_metadata.h"
#include "tests/support/kafka_admin.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_harness.h"
#include "tests/support/kafka_transactions.h"

namespace freshet::test {
namespace {

using pipeline::Findings;
using pipeline::KafkaHandle;
using pipeline::TopicSettings;
using testing::HasSubstr;

class ChangelogTopicTest : public testing::Test {
 protected:
  ChangelogTopicTest() : config_(harness_.config()) {
    config_.changelog = true;
    config_.application_id = unique_name("application");  // whose changelog is not made yet
    auto handle = KafkaHandle::create(KafkaHandle::Role::kProducer,
                                      pipeline::producer_options(config_, {}), nullptr, nullptr);
    EXPECT_TRUE(handle);
    client_ = std::move(*handle);
  }

  Status prepare() {
    findings_.clear();
    return prepare_changelog(client_->get(), config_, kContractPartitions, &findings_);
  }
  TopicSettings settings() {
    const auto settings = pipeline::topic_settings(client_->get(), changelog_topic(config_));
    EXPECT_TRUE(settings) << settings.error().message;
    return *settings;
  }
  void make(std::int32_t partitions, const std::map<std::string, std::string>& settings) {
    const Status made =
        pipeline::create_topic(config_, {changelog_topic(config_), partitions, settings});
    EXPECT_TRUE(made) << made.error().message;
  }

  KafkaHarness harness_;
  pipeline::WorkerConfig config_;
  std::shared_ptr<KafkaHandle> client_;
  Findings findings_;
};

TEST_F(ChangelogTopicTest, TheFirstWorkerMakesItAndTheNextFindsIt) {
  const Status made = prepare();
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(findings_.size(), 1U);
  EXPECT_THAT(findings_[0].message, HasSubstr("created with 4 partitions"));
  TopicSettings set = settings();
  EXPECT_EQ(set["cleanup.policy"], "compact");
  EXPECT_EQ(set["delete.retention.ms"], "604800000");
  EXPECT_EQ(pipeline::topic_partition_count(client_->get(), changelog_topic(config_)).value(),
            kContractPartitions);
  ASSERT_TRUE(prepare());
  EXPECT_TRUE(findings_.empty());
}

TEST_F(ChangelogTopicTest, OneThatIsGoneIsNotMadeAnewInSilence) {
  pipeline::PositionMetadata committed;
  committed.state = pipeline::CommittedState{};
  const auto commit = [&](bool changelog) {
    committed.state->changelog = changelog;
    TransactionalWriter writer(config_.kafka.bootstrap);
    writer.begin();
    writer.send_position(config_.application_id, config_.kafka.input, Partition{1}, Position{7},
                         encode_position_metadata(committed));
    writer.commit();
  };
  commit(true);
  const Status refused = prepare();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(refused.error().message, HasSubstr(changelog_topic(config_) + ": is missing"));
  EXPECT_FALSE(pipeline::topic_partition_count(client_->get(), changelog_topic(config_)));
  // As a worker without a changelog leaves them.
  commit(false);
  EXPECT_TRUE(prepare());
}

TEST_F(ChangelogTopicTest, LongSequencesMakeATopicThatTakesThem) {
  pipeline::BehaviourConfig behaviour;
  behaviour.limits.length_max = 10'000;
  config_.behaviours = {behaviour};
  ASSERT_TRUE(prepare());
  EXPECT_EQ(settings()["max.message.bytes"], std::to_string(changelog_record_bytes_max(config_)));
  ASSERT_TRUE(prepare());
  // The worker that wrote it down has grown since.
  config_.behaviours[0].limits.length_max = 20'000;
  const Status refused = prepare();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(
      refused.error().message,
      HasSubstr("set max.message.bytes=" + std::to_string(changelog_record_bytes_max(config_))));
}

TEST_F(ChangelogTopicTest, OneThatForgetsIsRefusedByName) {
  make(kContractPartitions, {{"cleanup.policy", "delete"}});
  const Status refused = prepare();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(refused.error().message, HasSubstr(changelog_topic(config_)));
  EXPECT_THAT(refused.error().message, HasSubstr("set cleanup.policy=compact"));
  alter_topic(config_.kafka.bootstrap, changelog_topic(config_),
              {{"cleanup.policy", "compact,delete"}});
  EXPECT_FALSE(prepare());
}

TEST_F(ChangelogTopicTest, AnotherNumberOfPartitionsIsRefusedByName) {
  make(kContractPartitions + 1, {{"cleanup.policy", "compact"}});
  const Status refused = prepare();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(refused.error().message, HasSubstr("it has 5 partitions"));
}

}  // namespace
}  // namespace freshet::test
