#include "pipeline/save_schedule.h"

#include <gtest/gtest.h>

namespace freshet::pipeline::save_schedule_test {

TEST(SaveScheduleTest, NothingIsDueBeforeAnIntervalHasPassed) {
  SaveSchedule schedule(DurationMs{100});
  EXPECT_EQ(schedule.due_before(Position{10}, 1'000), Position{0});
  EXPECT_EQ(schedule.due_before(Position{20}, 1'099), Position{0});
}

TEST(SaveScheduleTest, WhatLayBeforeThePositionOfAnIntervalAgoIsDue) {
  SaveSchedule schedule(DurationMs{100});
  schedule.due_before(Position{10}, 1'000);
  schedule.due_before(Position{20}, 1'050);
  EXPECT_EQ(schedule.due_before(Position{30}, 1'100), Position{10});
  EXPECT_EQ(schedule.due_before(Position{30}, 1'149), Position{10});
  EXPECT_EQ(schedule.due_before(Position{40}, 1'150), Position{20});
}

TEST(SaveScheduleTest, ALongPauseMakesAllDueThatCameBeforeIt) {
  SaveSchedule schedule(DurationMs{100});
  for (int i = 0; i < 5; ++i) schedule.due_before(Position{10 * i}, 1'000 + i);
  EXPECT_EQ(schedule.due_before(Position{90}, 9'000), Position{40});
}

TEST(SaveScheduleTest, WhatIsDueStaysDue) {
  SaveSchedule schedule(DurationMs{100});
  schedule.due_before(Position{10}, 1'000);
  schedule.due_before(Position{20}, 1'100);
  EXPECT_EQ(schedule.due_before(Position{20}, 1'101), Position{10});
}

TEST(SaveScheduleTest, WithoutAnIntervalEverythingIsDueAtOnce) {
  SaveSchedule schedule(DurationMs{0});
  EXPECT_EQ(schedule.due_before(Position{7}, 5), Position{7});
}

}  // namespace freshet::pipeline::save_schedule_test
