#include "pipeline/commands/evaluate_spans.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "common/json_text.h"
#include "pipeline/events/event_time.h"

namespace freshet::commands {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::optional<DurationMs> delay_of(std::string_view text) {
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", kDayMs}};
  std::int64_t count = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc{} || count < 0 || count > 1'000'000'000) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.empty() && count == 0) return DurationMs{0};
  for (const auto& [name, ms] : kUnits) {
    if (unit == name && count <= 3650 * kDayMs / ms) return DurationMs{count * ms};
  }
  return std::nullopt;
}

}  // namespace

Result<EventTime> instant_of(const std::string& option, const std::string& text,
                             double utc_offset_hours, DayEdge edge) {
  constexpr std::size_t kDayLength = 10;  // 2022-05-02
  pipeline::TimeProblem problem{};
  const bool is_day = text.size() == kDayLength;
  const auto instant =
      pipeline::event_time_of_rfc3339(is_day ? text + "T00:00:00Z" : text, &problem);
  if (!instant) {
    return error(ErrorCode::kInvalidConfig,
                 option + " " + quote_excerpt(text) +
                     ": is no day such as 2022-05-02 and no time such as 2022-05-02T10:00:00Z from "
                     "2000 to 2099");
  }
  if (!is_day) return *instant;
  const auto offset = static_cast<std::int64_t>(std::llround(utc_offset_hours * 3'600'000));
  return *instant + DurationMs{(edge == DayEdge::kEnd ? kDayMs : 0) - offset};
}

Result<std::vector<DurationMs>> delays_of(const std::string& text) {
  std::vector<DurationMs> delays;
  if (text == "none") return delays;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::optional<DurationMs> delay =
        delay_of(std::string_view(text).substr(begin, end - begin));
    if (!delay) {
      return error(ErrorCode::kInvalidConfig,
                   "--delays " + quote_excerpt(text) +
                       ": say delays such as 0,30s,1m,1h,1d, ten years at most, or none");
    }
    delays.push_back(*delay);
    begin = end + 1;
  }
  return delays;
}

}  // namespace freshet::commands
