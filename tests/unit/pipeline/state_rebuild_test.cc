// A store made again from the records, and when that is refused.
#include "pipeline/task/state_rebuild.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::state_rebuild_test {

using test::click_json;
using test::keyed_record;
using test::StoredRecord;
using ::testing::HasSubstr;

constexpr std::int64_t kDayMs = 86'400'000;

class StateRebuildTest : public ::testing::Test {
 protected:
  StateRebuildTest()
      : config_(test::config_of(
            "behaviours: [{name: click, types: [click], length_max: 4, age_max: 1d}]\n"
            "input: {event_future_max_ms: 3600000}\n")),
        model_(test::serve(test::random_model(test::small_model(config_)), config_)) {
    scorer::set_float_mode();
  }

  TaskContext context(stateful::StateStore* store) {
    return {&config_, model_, store, &clock_, &counters_};
  }

  // A worker's life over the log; its store and the group's position are what it leaves.
  void live(const std::vector<StoredRecord>& log) {
    test::TaskRun run(context(lived_.get()), 1 << 20);
    ASSERT_TRUE(run.start());
    for (const StoredRecord& record : log) {
      ASSERT_TRUE(run.process(test::view_of(record)));
      clock_.advance(7);
      if (record.offset.value % 50 == 0) run.commit(Task::Save::kScheduled);
    }
    run.close();
    committed_ = run.committed();
  }

  Status rebuild(const std::vector<StoredRecord>& log, std::optional<Position> begin = {}) {
    const std::vector<RebuildGoal> goals{{Partition{0}, *committed_, begin}};
    auto made = StateRebuild::create(context(rebuilt_.get()), goals, {1, 1 << 16, latest_});
    if (!made) return tl::unexpected(made.error());
    for (const StoredRecord& record : log) {
      if (Status applied = made->apply(test::view_of(record)); !applied) return applied;
    }
    return made->finish();
  }

  std::string refusal(const std::vector<StoredRecord>& log, std::optional<Position> begin = {}) {
    const Status refused = rebuild(log, begin);
    EXPECT_FALSE(refused.has_value());
    if (refused) return {};
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
    return refused.error().message;
  }

  // A click every hour, each record as old as its event.
  static std::vector<StoredRecord> hourly(std::int64_t from, std::int64_t to) {
    std::vector<StoredRecord> log;
    for (std::int64_t hour = from; hour < to; ++hour) {
      const std::int64_t ms = hour * 3'600'000;
      log.push_back(keyed_record("u", click_json("u", "v" + std::to_string(hour % 8), ms)));
      log.back().offset = Offset{hour};
      log.back().timestamp = EventTime{test::kBaseMs + ms};
    }
    return log;
  }

  WorkerConfig config_;
  std::shared_ptr<const ServedModel> model_;
  using Store = stateful::MemoryStateStore;
  std::unique_ptr<Store> lived_ = std::make_unique<Store>();
  std::unique_ptr<Store> rebuilt_ = std::make_unique<Store>();
  test::ManualClock clock_;
  Counters counters_;
  std::optional<CommittedPosition> committed_;
  std::optional<EventTime> latest_;
};

TEST_F(StateRebuildTest, GivesTheStateOfAWorkerThatNeverLostIt) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(30); ++i) {
    lived_ = std::make_unique<Store>();
    rebuilt_ = std::make_unique<Store>();
    const auto log = test::random_log(&random, 400, config_);
    live(log);
    auto more = log;  // what came after the committed position is not the rebuild's
    more.push_back(keyed_record("u0", click_json("u0", "v1", 99'000)));
    more.back().offset = Offset{log.back().offset.value + 5};
    const Status done = rebuild(more, Position{0});
    ASSERT_TRUE(done.has_value()) << done.error().message;
    EXPECT_EQ(test::logical_digest(rebuilt_.get(), config_),
              test::logical_digest(lived_.get(), config_));
    const auto lived = lived_->read_marker(Partition{0});
    const auto rebuilt = rebuilt_->read_marker(Partition{0});
    EXPECT_EQ((*rebuilt)->marker.lineage, (*lived)->marker.lineage);
    EXPECT_EQ((*rebuilt)->marker.number, (*lived)->marker.number);
    EXPECT_EQ((*rebuilt)->marker.position, (*lived)->marker.position);
    EXPECT_EQ((*rebuilt)->marker.stream_time, (*lived)->marker.stream_time);
    EXPECT_EQ((*rebuilt)->marker.fingerprint, (*lived)->marker.fingerprint);
  }
}

TEST_F(StateRebuildTest, UsersWhoseClicksAreAllInvisibleAreNotKept) {
  std::vector<StoredRecord> log;
  const auto add = [&](const std::string& user, std::int64_t ms) {
    log.push_back(keyed_record(user, click_json(user, "v1", ms)));
    log.back().offset = Offset{static_cast<std::int64_t>(log.size()) - 1};
    log.back().timestamp = EventTime{test::kBaseMs + ms};
  };
  add("idle", 0);
  // So many that some batches are saved, and looked through, behind that user's days.
  for (std::int64_t i = 0; i < 25'000; ++i) add("u", 3 * kDayMs + i);
  live(log);
  ASSERT_TRUE(rebuild(log));
  EXPECT_EQ(rebuilt_->read_user(Partition{0}, UserId("idle")).value(), std::nullopt);
  EXPECT_NE(rebuilt_->read_user(Partition{0}, UserId("u")).value(), std::nullopt);
}

TEST_F(StateRebuildTest, AnInputCutBeforeTheOldestVisibleClickCovers) {
  live(hourly(0, 100));
  // T is hour 99, the oldest visible click of hour 75; those of hour 73 may be ahead by one hour.
  EXPECT_TRUE(rebuild(hourly(73, 100), Position{73}).has_value());
  EXPECT_EQ(test::logical_digest(rebuilt_.get(), config_),
            test::logical_digest(lived_.get(), config_));
}

TEST_F(StateRebuildTest, AnInputCutLaterIsRefusedByName) {
  live(hourly(0, 100));
  EXPECT_THAT(refusal(hourly(74, 100), Position{74}),
              HasSubstr("partition 0: retention does not cover the state: the input begins at "
                        "offset 74 of 2020-10-17T02:00:00.000Z"));
}

TEST_F(StateRebuildTest, WithoutRecordTimesOnlyAWholeInputCovers) {
  live(hourly(0, 100));
  auto cut = hourly(10, 100);
  for (StoredRecord& record : cut) record.timestamp.reset();
  EXPECT_THAT(refusal(cut), HasSubstr("retention does not cover the state"));
}

TEST_F(StateRebuildTest, AnInputOfWhichNothingIsLeftIsRefused) {
  live(hourly(0, 10));
  EXPECT_THAT(refusal({}, Position{10}),
              HasSubstr("holds no record below the group's position 10"));
}

TEST_F(StateRebuildTest, PositionsOfAnotherProgramAreRefused) {
  live(hourly(0, 3));
  committed_->metadata = "some text";
  EXPECT_THAT(refusal(hourly(0, 3)), HasSubstr("partition 0: "));
}

TEST_F(StateRebuildTest, EventsLaterThanTheBoundAreListedByPlace) {
  auto log = hourly(0, 10);
  log[4] = keyed_record("u", click_json("u", "v1", 400 * kDayMs));  // without a record time
  log[4].offset = Offset{4};
  live(log);
  latest_ = EventTime{test::kBaseMs + kDayMs};
  const std::string refused = refusal(log, Position{0});
  EXPECT_THAT(refused, HasSubstr("1 events are later than 2020-10-15T00:00:00.000Z"));
  EXPECT_THAT(refused, HasSubstr("\n  0:4 (2021-11-18T00:00:00.000Z)\n"));
  EXPECT_THAT(refused, HasSubstr("input.exclude"));
}

}  // namespace freshet::pipeline::state_rebuild_test
