#include "pipeline/commands/progress.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freshet::commands {
namespace {

class HandClock final : public Clock {
 public:
  EventTime now() const override { return EventTime{ms}; }
  std::int64_t monotonic_ms() const override { return ms; }
  std::int64_t ms = 10'000;
};

class ProgressTest : public testing::Test {
 protected:
  Progress progress_on(bool redraws, int width = 80) {
    Terminal terminal;
    terminal.watched = terminal.redraws = redraws;
    terminal.width = width;
    return Progress("replay", "records", clock_, terminal,
                    [this](std::string_view text) { written_.emplace_back(text); });
  }

  HandClock clock_;
  std::vector<std::string> written_;
};

TEST_F(ProgressTest, ShortWorkIsSilent) {
  {
    Progress progress = progress_on(true);
    clock_.ms += 999;
    progress.update(5, 10);
  }
  EXPECT_TRUE(written_.empty());
}

TEST_F(ProgressTest, ATerminalShowsOneLineThatIsWiped) {
  {
    Progress progress = progress_on(true);
    clock_.ms += 1'000;
    progress.update(1'250'000, 5'000'000);
    clock_.ms += 100;
    progress.update(1'300'000, 5'000'000);  // too soon to be drawn again
    clock_.ms += 100;
    progress.update(1'500'000, 5'000'000);
  }
  ASSERT_EQ(written_.size(), 3U);
  EXPECT_EQ(written_[0],
            "\rreplay: 1,250,000 of 5,000,000 records (25 %), 1,250,000/s, 3 s left\x1b[K");
  EXPECT_EQ(written_[1],
            "\rreplay: 1,500,000 of 5,000,000 records (30 %), 1,250,000/s, 3 s left\x1b[K");
  EXPECT_EQ(written_[2], "\r\x1b[K");
}

TEST_F(ProgressTest, APipeGetsALineEveryFiveSeconds) {
  {
    Progress progress = progress_on(false);
    for (std::uint64_t second = 1; second <= 12; ++second) {
      clock_.ms += 1'000;
      progress.update(second * 100);
    }
  }
  ASSERT_EQ(written_.size(), 2U);
  EXPECT_EQ(written_[0], "replay: 500 records, 100/s\n");
  EXPECT_EQ(written_[1], "replay: 1,000 records, 100/s\n");
}

TEST_F(ProgressTest, AShareGivesWhatIsLeftWithoutATotal) {
  Progress progress = progress_on(false);
  clock_.ms += 10'000;
  progress.update_share(1'000, 0.1);
  ASSERT_EQ(written_.size(), 1U);
  EXPECT_EQ(written_[0], "replay: 1,000 records, 10 %, 100/s, 1 min 30 s left\n");
}

TEST_F(ProgressTest, TheRateForgetsWhatIsLongGone) {
  Progress progress = progress_on(false);
  std::uint64_t done = 0;
  for (int step = 0; step < 10; ++step) {
    clock_.ms += 5'000;
    progress.update(done += step < 5 ? 50'000 : 500);
  }
  EXPECT_EQ(written_.front(), "replay: 50,000 records, 10,000/s\n");
  EXPECT_EQ(written_.back(), "replay: 252,500 records, 100/s\n");
}

TEST_F(ProgressTest, WorkThatStandsStillPromisesNoEnd) {
  Progress progress = progress_on(false);
  clock_.ms += 5'000;
  progress.update(0, 100);
  EXPECT_EQ(written_.at(0), "replay: 0 of 100 records (0 %), 0/s\n");
}

TEST_F(ProgressTest, ALineNeverFillsTheTerminal) {
  Progress progress = progress_on(true, 40);
  clock_.ms += 1'000;
  progress.update(1'250'000, 5'000'000);
  EXPECT_EQ(written_.at(0).size(), 1U + 39U + 3U);
}

TEST_F(ProgressTest, NothingIsShownAfterTheEnd) {
  Progress progress = progress_on(true);
  progress.finish();
  clock_.ms += 5'000;
  progress.update(1, 2);
  EXPECT_TRUE(written_.empty());
}

TEST(SpokenTest, NumbersAreGroupedByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(123'456'789), "123,456,789");
}

TEST(SpokenTest, SpansAreInTheUnitThatFits) {
  EXPECT_EQ(spoken_seconds(0.4), "0 s");
  EXPECT_EQ(spoken_seconds(59.4), "59 s");
  EXPECT_EQ(spoken_seconds(65), "1 min 05 s");
  EXPECT_EQ(spoken_seconds(7'500), "2 h 05 min");
}

}  // namespace
}  // namespace freshet::commands
