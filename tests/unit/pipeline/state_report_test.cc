#include "pipeline/state/state_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/pipeline_fixture.h"

namespace freshet::pipeline::state_report_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<stateful::BehaviourLimits> kLimits = {{"click", 3, DurationMs{100}}};

std::string value_of(std::vector<std::int64_t> times_ms) {
  stateful::UserState state(kLimits);
  for (const std::int64_t ms : times_ms) {
    state.sequences[0].insert({EventTime{test::kBaseMs + ms}, ItemId("v")});
  }
  return stateful::encode_user_state(state);
}

// A store of one partition whose marker is right for the users it was made with.
class StateReportTest : public ::testing::Test {
 protected:
  void add(const std::string& user, std::string value) {
    batch_.marker.marker.digest += stateful::digest_of_user(UserId(user), value);
    ++batch_.marker.marker.user_count;
    batch_.users.push_back({UserId(user), std::move(value)});
  }

  StateReport report() {
    batch_.owner = store_.take_ownership(batch_.partition);
    EXPECT_TRUE(store_.apply(batch_));
    return *verify_state(&store_, kLimits);
  }

  stateful::MemoryStateStore store_;
  stateful::CheckpointBatch batch_;
};

TEST_F(StateReportTest, AnEmptyStoreIsSound) {
  EXPECT_TRUE(verify_state(&store_, kLimits)->sound());
}

TEST_F(StateReportTest, CountsWhatAScanFinds) {
  batch_.marker.marker.stream_time = EventTime{test::kBaseMs + 150};
  batch_.marker.marker.position = Position{12};
  add("a", value_of({1, 120}));
  add("b", value_of({2}));
  const StateReport sound = report();
  EXPECT_TRUE(sound.sound()) << describe(sound);
  ASSERT_EQ(sound.partitions.size(), 1U);
  const PartitionReport& partition = sound.partitions[0];
  EXPECT_EQ(partition.users, 2U);
  EXPECT_EQ(partition.clicks, 3U);
  EXPECT_EQ(partition.bytes, value_of({1, 120}).size() + value_of({2}).size());
  stateful::UserState visible(kLimits);
  visible.sequences[0].insert({EventTime{test::kBaseMs + 120}, ItemId("v")});
  EXPECT_EQ(partition.logical_digest,
            stateful::logical_digest_of_user(UserId("a"), visible, kLimits,
                                             *batch_.marker.marker.stream_time));
  EXPECT_THAT(describe(sound), HasSubstr("partition 0: position 12, stream time 1602633600150, 2 "
                                         "users, 3 clicks, "));
}

TEST_F(StateReportTest, ADamagedUserIsNamed) {
  std::string damaged = value_of({1, 2});
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  add("a", value_of({1}));
  add("b", damaged);
  const StateReport unsound = report();
  EXPECT_FALSE(unsound.sound());
  EXPECT_THAT(unsound.partitions[0].problems, ElementsAre(HasSubstr("user \"b\": ")));
  EXPECT_THAT(describe(unsound), HasSubstr("partition 0: PROBLEM: user \"b\": "));
}

TEST_F(StateReportTest, AWrongDigestIsFound) {
  add("a", value_of({1}));
  batch_.users[0].value = value_of({2});
  const StateReport unsound = report();
  EXPECT_THAT(unsound.partitions[0].problems, ElementsAre(HasSubstr("the stored digest is ")));
}

TEST_F(StateReportTest, AMissingUserIsFound) {
  add("a", value_of({1}));
  add("b", value_of({1}));
  batch_.users.pop_back();
  const StateReport unsound = report();
  EXPECT_THAT(unsound.partitions[0].problems,
              ElementsAre(HasSubstr("the stored digest is "),
                          HasSubstr("the marker counts 2 users, the scan 1")));
}

TEST_F(StateReportTest, InTheMiddleOfARestoreTheUsersCountByThemselves) {
  add("a", value_of({1}));
  add("b", value_of({2}));
  stateful::Marker& marker = batch_.marker.marker;
  batch_.marker.restored = stateful::RestoredSoFar{marker.digest, marker.user_count};
  marker.digest = {};  // that of the checkpoint before
  marker.user_count = 0;
  const StateReport sound = report();
  EXPECT_TRUE(sound.sound()) << describe(sound);
  EXPECT_THAT(describe(sound), HasSubstr("in the middle of a restore"));
  batch_.marker.restored->user_count = 3;
  EXPECT_FALSE(report().sound());
}

TEST_F(StateReportTest, ListsAtMostTenProblems) {
  for (int i = 0; i < 30; ++i) add("u" + std::to_string(i), "damaged");
  const StateReport unsound = report();
  EXPECT_EQ(unsound.partitions[0].problems.size(), 10U);
  EXPECT_EQ(unsound.partitions[0].users, 30U);
}

}  // namespace freshet::pipeline::state_report_test
