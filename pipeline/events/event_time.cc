#include "pipeline/events/event_time.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

std::optional<EventTime> in_range(std::int64_t ms) {
  const EventTime time{ms};
  if (time < kEventTimeMin || time >= kEventTimeEnd) return std::nullopt;
  return time;
}

// The common case: an integer of so few digits that nothing below can overflow.
std::optional<std::int64_t> short_integer(std::string_view number) {
  constexpr std::size_t kDigitsMax = 16;
  if (number.size() > kDigitsMax) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (problem != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  return value;
}

std::int64_t milliseconds_of(std::int64_t value, TimeUnit unit) {
  if (unit == TimeUnit::kSeconds) return value > kEventTimeEnd.ms ? value : value * 1000;
  return unit == TimeUnit::kMicroseconds ? value / 1000 : value;
}

// value = digits * 10^exponent. Digits has no leading zeros.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;
};

// The exponent's absolute value is capped far above what any length of digits could balance.
constexpr std::int64_t kExponentCap = 1'000'000'000'000;

Decimal parse_decimal(std::string_view number) {
  Decimal decimal;
  std::size_t at = 0;
  if (number[at] == '-') {
    decimal.negative = true;
    ++at;
  }
  bool fraction = false;
  for (; at < number.size() && (is_digit(number[at]) || number[at] == '.'); ++at) {
    if (number[at] == '.') {
      fraction = true;
      continue;
    }
    if (fraction) --decimal.exponent;
    if (number[at] != '0' || !decimal.digits.empty()) decimal.digits.push_back(number[at]);
  }
  if (at == number.size()) return decimal;
  ++at;  // the 'e'
  const bool negative = number[at] == '-';
  if (number[at] == '-' || number[at] == '+') ++at;
  std::int64_t power = 0;
  for (; at < number.size(); ++at) {
    if (power < kExponentCap) power = power * 10 + (number[at] - '0');
  }
  decimal.exponent += negative ? -power : power;
  return decimal;
}

int power_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return 3;
    case TimeUnit::kMilliseconds:
      return 0;
    case TimeUnit::kMicroseconds:
      return -3;
    case TimeUnit::kRfc3339:
      break;
  }
  FRESHET_CHECK(unit != TimeUnit::kRfc3339);
  return 0;
}

// Reads fixed-width fields of digits and literal characters from the front of a text.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : text_(text) {}

  int number(std::size_t width) {
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (text_.empty() || !is_digit(text_.front())) {
        ok_ = false;
        return 0;
      }
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return value;
  }

  // Takes one character of `any_of`; '\0' and not ok where there is none.
  char one_of(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) {
      ok_ = false;
      return '\0';
    }
    const char taken = text_.front();
    text_.remove_prefix(1);
    return taken;
  }

  // The first three digits of an optional fraction, as milliseconds.
  int fraction_ms() {
    if (text_.empty() || text_.front() != '.') return 0;
    text_.remove_prefix(1);
    if (text_.empty() || !is_digit(text_.front())) ok_ = false;
    int value = 0;
    int taken = 0;
    for (; !text_.empty() && is_digit(text_.front()); text_.remove_prefix(1)) {
      if (taken < 3) value = value * 10 + (text_.front() - '0');
      ++taken;
    }
    for (; taken < 3; ++taken) value *= 10;
    return value;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
  bool ok_ = true;
};

}  // namespace

std::optional<EventTime> event_time_of_number(std::string_view number, TimeUnit unit) {
  if (const auto value = short_integer(number)) return in_range(milliseconds_of(*value, unit));
  Decimal decimal = parse_decimal(number);
  if (decimal.negative || decimal.digits.empty()) return std::nullopt;
  const std::int64_t exponent = decimal.exponent + power_of(unit);
  const auto integer_digits = static_cast<std::int64_t>(decimal.digits.size()) + exponent;
  constexpr std::int64_t kDigitsMax = 13;  // those of kEventTimeEnd
  if (integer_digits <= 0 || integer_digits > kDigitsMax) return std::nullopt;
  decimal.digits.resize(static_cast<std::size_t>(integer_digits), '0');
  std::int64_t ms = 0;
  for (const char digit : decimal.digits) ms = ms * 10 + (digit - '0');
  return in_range(ms);
}

std::optional<EventTime> event_time_of_rfc3339(std::string_view text, TimeProblem* problem) {
  *problem = TimeProblem::kMalformed;
  FieldReader reader(text);
  const int year = reader.number(4);
  reader.one_of("-");
  const int month = reader.number(2);
  reader.one_of("-");
  const int day = reader.number(2);
  reader.one_of("Tt ");
  const int hour = reader.number(2);
  reader.one_of(":");
  const int minute = reader.number(2);
  reader.one_of(":");
  const int second = reader.number(2);
  const int fraction = reader.fraction_ms();
  const char zone = reader.one_of("Zz+-");
  int offset_minutes = 0;
  if (zone == '+' || zone == '-') {
    const int offset_hour = reader.number(2);
    reader.one_of(":");
    const int offset_minute = reader.number(2);
    if (offset_hour > 23 || offset_minute > 59) return std::nullopt;
    offset_minutes = (offset_hour * 60 + offset_minute) * (zone == '-' ? -1 : 1);
  }
  if (!reader.ok() || !reader.at_end()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t minutes =
      std::int64_t{std::chrono::sys_days{date}.time_since_epoch().count()} * 24 * 60 + hour * 60 +
      minute - offset_minutes;
  // A leap second can only be the last second of a UTC day.
  constexpr std::int64_t kMinutesPerDay = 24 * 60;
  const std::int64_t minute_of_day = ((minutes % kMinutesPerDay) + kMinutesPerDay) % kMinutesPerDay;
  if (second == 60 && minute_of_day != kMinutesPerDay - 1) return std::nullopt;

  *problem = TimeProblem::kOutOfRange;
  return in_range((minutes * 60 + second) * 1000 + fraction);
}

}  // namespace freshet::pipeline
