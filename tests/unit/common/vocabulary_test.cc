#include <gtest/gtest.h>

#include <set>
#include <string>
#include <type_traits>

#include "common/check.h"
#include "common/clock.h"
#include "common/log_position.h"
#include "common/status.h"
#include "common/time.h"

namespace freshet {
namespace vocabulary_test {

TEST(LogPositionTest, PositionAfterAnOffsetIsTheNextOne) {
  EXPECT_EQ(position_after(Offset{41}), Position{42});
  EXPECT_TRUE(is_before(Offset{41}, position_after(Offset{41})));
  EXPECT_FALSE(is_before(Offset{42}, position_after(Offset{41})));
}

TEST(LogPositionTest, OffsetsPositionsAndPartitionsDoNotConvert) {
  EXPECT_FALSE((std::is_convertible_v<Offset, Position>));
  EXPECT_FALSE((std::is_convertible_v<Position, Offset>));
  EXPECT_FALSE((std::is_constructible_v<Position, Offset>));
  EXPECT_FALSE((std::is_convertible_v<std::int64_t, Position>));
  EXPECT_FALSE((std::is_convertible_v<Position, std::int64_t>));
}

TEST(TimeTest, BoundsAreTheYears2000And2100) {
  // Days from 1970: 30 years with 7 leap days, and 130 years with 32.
  EXPECT_EQ(kEventTimeMin.ms, (30LL * 365 + 7) * 24 * 3600 * 1000);
  EXPECT_EQ(kEventTimeEnd.ms, (130LL * 365 + 32) * 24 * 3600 * 1000);
}

TEST(TimeTest, SpansMoveTimes) {
  EXPECT_EQ(EventTime{1000} - DurationMs{1}, EventTime{999});
  EXPECT_EQ(EventTime{1000} + DurationMs{1}, EventTime{1001});
  EXPECT_LT(EventTime{999}, EventTime{1000});
}

TEST(StatusTest, EachCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (const ErrorCode code :
       {ErrorCode::kBadRecord, ErrorCode::kUnavailable, ErrorCode::kFenced,
        ErrorCode::kCorruptState, ErrorCode::kCorruptStore, ErrorCode::kInvalidConfig,
        ErrorCode::kInvalidModel, ErrorCode::kFatal}) {
    EXPECT_NE(name_of(code), "unknown");
    names.insert(name_of(code));
  }
  EXPECT_EQ(names.size(), 8U);
}

TEST(StatusTest, ErrorBecomesAResultOfAnyType) {
  const Result<int> result = error(ErrorCode::kUnavailable, "the broker does not answer");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(result.error().message, "the broker does not answer");
  const Status status = error(ErrorCode::kFatal, "no");
  EXPECT_FALSE(status.has_value());
}

TEST(CheckDeathTest, FailedCheckNamesItselfAndAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  FRESHET_CHECK(1 + 1 == 2);
  EXPECT_DEATH(FRESHET_CHECK(1 + 1 == 3), "check failed: 1 \\+ 1 == 3 at .*vocabulary_test.cc");
}

TEST(ClockTest, MonotonicTimeDoesNotGoBackAndWallTimeIsPlausible) {
  const SystemClock clock;
  const std::int64_t before = clock.monotonic_ms();
  EXPECT_GT(clock.now(), kEventTimeMin);
  EXPECT_GE(clock.monotonic_ms(), before);
}

}  // namespace vocabulary_test
}  // namespace freshet
