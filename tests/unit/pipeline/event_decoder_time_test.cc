// Times in every unit: numbers and RFC 3339, read exactly.
#include <gtest/gtest.h>

#include <string>

#include "pipeline/events/event_decoder.h"
#include "pipeline/events/event_time.h"

namespace freshet::pipeline::event_decoder_time_test {

std::int64_t ms_of(std::string_view number, TimeUnit unit) {
  const auto time = event_time_of_number(number, unit);
  return time ? time->ms : -1;
}

TEST(EventDecoderTimeTest, IntegersAreCountedInTheirUnit) {
  EXPECT_EQ(ms_of("1602633600123", TimeUnit::kMilliseconds), 1602633600123);
  EXPECT_EQ(ms_of("1602633600", TimeUnit::kSeconds), 1602633600000);
  EXPECT_EQ(ms_of("1602633600123456", TimeUnit::kMicroseconds), 1602633600123);
}

TEST(EventDecoderTimeTest, FractionsOfAMillisecondAreDropped) {
  EXPECT_EQ(ms_of("1602633600123.999", TimeUnit::kMilliseconds), 1602633600123);
  EXPECT_EQ(ms_of("1602633600.1239", TimeUnit::kSeconds), 1602633600123);
  EXPECT_EQ(ms_of("1602633600.1", TimeUnit::kSeconds), 1602633600100);
  EXPECT_EQ(ms_of("1602633600123999.9", TimeUnit::kMicroseconds), 1602633600123);
  EXPECT_EQ(ms_of("1602633600999", TimeUnit::kMicroseconds), -1);
  // Read as a double, this fraction would round up to the next millisecond.
  EXPECT_EQ(ms_of("1602633600.12399999999999999999999999", TimeUnit::kSeconds), 1602633600123);
}

TEST(EventDecoderTimeTest, ExponentsAreExact) {
  EXPECT_EQ(ms_of("1.602633600123E12", TimeUnit::kMilliseconds), 1602633600123);
  EXPECT_EQ(ms_of("1.6026336001239e9", TimeUnit::kSeconds), 1602633600123);
  EXPECT_EQ(ms_of("1602633600123000e-3", TimeUnit::kMilliseconds), 1602633600123);
  EXPECT_EQ(ms_of("0.1602633600123e+13", TimeUnit::kMilliseconds), 1602633600123);
  EXPECT_EQ(ms_of("1e12", TimeUnit::kMilliseconds), 1000000000000);
  for (const char* absurd : {"1e999", "1e-999", "1e99999999999999999999", "1e-99999999999999999999",
                             "0e99999999999999999999", "0", "0.0", "-0"}) {
    EXPECT_EQ(ms_of(absurd, TimeUnit::kMilliseconds), -1) << absurd;
  }
  EXPECT_EQ(ms_of("0." + std::string(1000, '0') + "1602633600123e1013", TimeUnit::kMilliseconds),
            1602633600123);
}

TEST(EventDecoderTimeTest, CenturyIsHalfOpenInEveryUnit) {
  EXPECT_EQ(ms_of("946684800", TimeUnit::kSeconds), 946684800000);
  EXPECT_EQ(ms_of("946684799.9999", TimeUnit::kSeconds), -1);
  EXPECT_EQ(ms_of("4102444799.9999", TimeUnit::kSeconds), 4102444799999);
  EXPECT_EQ(ms_of("4102444800", TimeUnit::kSeconds), -1);
  EXPECT_EQ(ms_of("4102444799999999", TimeUnit::kMicroseconds), 4102444799999);
  EXPECT_EQ(ms_of("4102444800000000", TimeUnit::kMicroseconds), -1);
  EXPECT_EQ(ms_of("-1602633600123", TimeUnit::kMilliseconds), -1);
}

std::int64_t rfc3339_ms(std::string_view text) {
  TimeProblem problem = TimeProblem::kMalformed;
  const auto time = event_time_of_rfc3339(text, &problem);
  if (time) return time->ms;
  return problem == TimeProblem::kMalformed ? -1 : -2;
}

TEST(EventDecoderTimeTest, Rfc3339IsReadWithItsOffset) {
  EXPECT_EQ(rfc3339_ms("2020-10-14T00:00:00Z"), 1602633600000);
  EXPECT_EQ(rfc3339_ms("2020-10-14T00:00:00.123Z"), 1602633600123);
  EXPECT_EQ(rfc3339_ms("2020-10-14t00:00:00.1z"), 1602633600100);
  EXPECT_EQ(rfc3339_ms("2020-10-14 02:00:00.1239999+02:00"), 1602633600123);
  EXPECT_EQ(rfc3339_ms("2020-10-13T20:30:00-03:30"), 1602633600000);
  EXPECT_EQ(rfc3339_ms("2020-02-29T12:00:00Z"), 1582977600000);
  EXPECT_EQ(rfc3339_ms("2016-12-31T23:59:60Z"), 1483228800000);
  EXPECT_EQ(rfc3339_ms("2017-01-01T00:59:60+01:00"), 1483228800000);
}

TEST(EventDecoderTimeTest, Rfc3339MustBeWholeAndReal) {
  for (const char* text : {"",
                           "2020-10-14",
                           "2020-10-14T00:00:00",
                           "2020-10-14T00:00Z",
                           "2020-10-14T24:00:00Z",
                           "2020-10-14T00:60:00Z",
                           "2020-10-14T00:00:61Z",
                           "2020-10-14T12:00:60Z",
                           "2021-02-29T00:00:00Z",
                           "2020-13-01T00:00:00Z",
                           "2020-00-01T00:00:00Z",
                           "2020-01-00T00:00:00Z",
                           "2020-04-31T00:00:00Z",
                           "2020-10-14T00:00:00.Z",
                           "2020-10-14T00:00:00Zx",
                           "2020-10-14T00:00:00+0200",
                           "2020-10-14T00:00:00+24:00",
                           "2020-10-14T00:00:00+02:60",
                           "2020-1-14T00:00:00Z",
                           "20-10-14T00:00:00Z",
                           "+2020-10-14T00:00:00Z",
                           "1602633600"}) {
    EXPECT_EQ(rfc3339_ms(text), -1) << text;
  }
  EXPECT_EQ(rfc3339_ms("1999-12-31T23:59:59Z"), -2);
  EXPECT_EQ(rfc3339_ms("2100-01-01T00:00:00Z"), -2);
  EXPECT_EQ(rfc3339_ms("1999-12-31T23:00:00-01:00"), 946684800000);
}

WorkerConfig config_in(TimeUnit unit) {
  WorkerConfig config;
  config.behaviours.resize(1);
  config.behaviours[0].types = {"click"};
  config.events.time_unit = unit;
  return config;
}

std::string decoded(TimeUnit unit, const std::string& json) {
  const auto event =
      EventDecoder(config_in(unit))
          .decode(R"({"type":"click","user_id":"u","item_id":"v","ts":)" + json + "}");
  return event ? std::to_string(event->ts.ms) : event.error().message;
}

TEST(EventDecoderTimeTest, EventsUseTheConfiguredUnit) {
  EXPECT_EQ(decoded(TimeUnit::kSeconds, "1602633600.5"), "1602633600500");
  EXPECT_EQ(decoded(TimeUnit::kMicroseconds, "1602633600500999"), "1602633600500");
  EXPECT_EQ(decoded(TimeUnit::kRfc3339, "\"2020-10-14T00:00:00.5Z\""), "1602633600500");
  EXPECT_EQ(decoded(TimeUnit::kRfc3339, "1602633600500"),
            "\"ts\" is an integer, not a string as events.time_unit: rfc3339 asks");
  EXPECT_EQ(decoded(TimeUnit::kRfc3339, "\"yesterday\""),
            "\"ts\" \"yesterday\" is not a time as RFC 3339 writes it");
  EXPECT_EQ(
      decoded(TimeUnit::kRfc3339, "\"1970-01-01T00:00:00Z\""),
      "\"ts\" \"1970-01-01T00:00:00Z\" is not from 2000 to 2099; events.time_unit is rfc3339");
  EXPECT_EQ(decoded(TimeUnit::kSeconds, "1602633600123"),
            "\"ts\" \"1602633600123\" is not from 2000 to 2099; events.time_unit is s");
}

}  // namespace freshet::pipeline::event_decoder_time_test
