#include "pipeline/state/save_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::save_schedule_test {

constexpr double kNoPressure = 0;

// A task whose commits save what is due, and whose steps save what is due ahead of them.
class Saving {
 public:
  explicit Saving(std::int64_t interval_ms) : schedule_(DurationMs{interval_ms}) {}

  // Lets `users` become changed at `now_ms`.
  void change(std::int64_t now_ms, std::size_t users) {
    changed_at_.insert(changed_at_.end(), users, now_ms);
  }

  // Lets `users` become changed, commits at `now_ms`, and returns how many the commit saved.
  std::size_t commit(std::int64_t now_ms, std::size_t users, double pressure = kNoPressure) {
    change(now_ms, users);
    const std::size_t due = schedule_.due(changed_at_.size(), waiting(), pressure, now_ms);
    save(due, now_ms);
    schedule_.note_saved(waiting());
    return due;
  }

  // Saves ahead at `now_ms`, at most so many, and returns how many.
  std::size_t step(std::int64_t now_ms, std::size_t most) {
    const std::size_t ahead =
        std::min(most, schedule_.ahead(changed_at_.size(), waiting(), now_ms));
    save(ahead, now_ms);
    return ahead;
  }

  std::size_t waiting() const { return changed_at_.size() - saved_; }
  std::int64_t longest_wait_ms() const { return longest_wait_ms_; }

 private:
  void save(std::size_t users, std::int64_t now_ms) {
    ASSERT_LE(users, waiting());
    for (const std::size_t end = saved_ + users; saved_ < end; ++saved_) {
      longest_wait_ms_ = std::max(longest_wait_ms_, now_ms - changed_at_[saved_]);
    }
  }

  SaveSchedule schedule_;
  std::vector<std::int64_t> changed_at_;
  std::size_t saved_ = 0;
  std::int64_t longest_wait_ms_ = 0;
};

TEST(SaveScheduleTest, NothingIsDueWhereNothingHasChanged) {
  Saving saving(1'000);
  EXPECT_EQ(saving.commit(5, 0), 0U);
  EXPECT_EQ(saving.commit(5'000, 0), 0U);
}

TEST(SaveScheduleTest, UsersThatChangeAtOnceAreSpreadOverTheInterval) {
  Saving saving(10'000);
  std::size_t most = saving.commit(0, 100'000);
  std::size_t least = 100'000;
  for (std::int64_t now = 100; now <= 9'900; now += 100) {
    const std::size_t saved = saving.commit(now, 0);
    most = std::max(most, saved);
    least = std::min(least, saved);
  }
  EXPECT_EQ(least, 1'000U);
  EXPECT_EQ(most, 1'000U);
  saving.commit(10'000, 0);
  EXPECT_EQ(saving.waiting(), 0U);
  EXPECT_LE(saving.longest_wait_ms(), 10'000);
}

TEST(SaveScheduleTest, ChangesThatComeEvenlyAreSavedAtTheirOwnRateAnIntervalLater) {
  Saving saving(1'000);
  std::int64_t now = 0;
  for (; now < 20'000; now += 10) saving.commit(now, 7);
  EXPECT_LE(saving.longest_wait_ms(), 1'000);
  EXPECT_NEAR(static_cast<double>(saving.waiting()), 700, 70);
  for (; now < 21'000; now += 10) EXPECT_NEAR(static_cast<double>(saving.commit(now, 7)), 7, 1);
}

TEST(SaveScheduleTest, NoUserWaitsLongerThanTheIntervalHoweverChangesCome) {
  Saving saving(1'000);
  std::uint32_t draw = 1;
  for (std::int64_t now = 0; now < 60'000; now += 20) {
    draw = draw * 1'664'525 + 1'013'904'223;
    saving.commit(now, draw >> 28 == 0 ? 5'000 : draw >> 30);
  }
  EXPECT_LE(saving.longest_wait_ms(), 1'000);
}

TEST(SaveScheduleTest, ALongPauseMakesAllDueThatCameBeforeIt) {
  Saving saving(100);
  saving.commit(1'000, 3);
  EXPECT_EQ(saving.commit(9'000, 2), 5U);
}

TEST(SaveScheduleTest, WhatWasDueAndNotTakenStaysDue) {
  SaveSchedule schedule(DurationMs{100});
  schedule.due(4, 4, kNoPressure, 1'000);
  EXPECT_EQ(schedule.due(4, 4, kNoPressure, 1'100), 4U);
  EXPECT_EQ(schedule.due(4, 3, kNoPressure, 1'101), 3U);
}

TEST(SaveScheduleTest, UnderPressureTheIntervalIsShorter) {
  Saving saving(10'000);
  saving.commit(0, 100'000);
  EXPECT_EQ(saving.commit(100, 0), 1'000U);       // by 100 commits
  EXPECT_EQ(saving.commit(200, 0, 0.5), 2'020U);  // by 49
  EXPECT_EQ(saving.commit(300, 0, 1), 96'980U);   // by this one
}

TEST(SaveScheduleTest, StepsLeaveNothingToACommitThatComesAsFarBehindTheLastAsThatOne) {
  Saving saving(10'000);
  saving.commit(0, 100'000);
  EXPECT_EQ(saving.commit(100, 0), 1'000U);
  EXPECT_EQ(saving.step(100, 9'999), 0U);
  for (std::int64_t now = 110; now <= 9'900; now += 10) {
    EXPECT_EQ(saving.step(now, 9'999), 100U);
    if (now % 100 == 0) {
      EXPECT_EQ(saving.commit(now, 0), 0U);
    }
  }
}

TEST(SaveScheduleTest, ACommitSavesWhatStepsHaveLeft) {
  Saving saving(10'000);
  saving.commit(0, 100'000);
  saving.commit(100, 0);
  EXPECT_EQ(saving.step(150, 9'999), 500U);
  EXPECT_EQ(saving.commit(200, 0), 500U);  // as if there had been no steps: 1,000
  EXPECT_EQ(saving.step(250, 300), 300U);
  EXPECT_EQ(saving.step(260, 9'999), 300U);
  EXPECT_EQ(saving.commit(300, 0), 400U);
}

TEST(SaveScheduleTest, StepsGoOnAtTheirRateWhereACommitIsLate) {
  Saving saving(10'000);
  saving.commit(0, 100'000);
  saving.commit(100, 0);
  EXPECT_EQ(saving.step(400, 9'999), 3'000U);
  EXPECT_EQ(saving.commit(400, 0), 0U);
}

TEST(SaveScheduleTest, BeforeTheSecondCommitNothingIsKnownAhead) {
  Saving saving(10'000);
  saving.change(0, 50);
  EXPECT_EQ(saving.step(5, 9'999), 0U);
  saving.commit(10, 50);
  EXPECT_EQ(saving.step(5'000, 9'999), 0U);
}

TEST(SaveScheduleTest, StepsAndCommitsAtAnyTimeLetNoUserWaitLonger) {
  constexpr std::int64_t kGapMax = 30;
  Random random(test::test_seed());
  for (int k = test::case_count(100); k > 0 && !HasFailure(); --k) {
    Saving saving(1'000);
    std::int64_t next_commit = kGapMax;
    std::size_t ahead = 0;
    for (std::int64_t now = 0; now < 10'000; ++now) {
      saving.change(now, random.chance(0.001) ? 5'000 : random.below(3));
      if (random.chance(0.3)) ahead += saving.step(now, random.below(200));
      if (now < next_commit) continue;
      saving.commit(now, 0);
      next_commit = now + 1 + static_cast<std::int64_t>(random.below(kGapMax));
    }
    EXPECT_GT(ahead, 0U);
    // A commit sees a change at most one gap after it came, and the next may be one gap away.
    ASSERT_LE(saving.longest_wait_ms(), 1'000 + 2 * kGapMax);
  }
}

TEST(SaveScheduleTest, WithoutAnIntervalEverythingIsDueAtOnce) {
  Saving saving(0);
  EXPECT_EQ(saving.commit(5, 7), 7U);
}

}  // namespace freshet::pipeline::save_schedule_test
