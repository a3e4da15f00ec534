#include "pipeline/config/config_value.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "common/check.h"
#include "common/json_text.h"

namespace freshet::pipeline {
namespace {

struct DurationUnit {
  std::string_view name;
  std::int64_t ms;
};

// From the largest down; "ms" is looked for before "m" and "s" by comparing the whole suffix.
constexpr std::array<DurationUnit, 5> kDurationUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "on" || text == "true") return true;
  if (text == "off" || text == "false") return false;
  return std::nullopt;
}

std::optional<DurationMs> parse_duration(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
  const std::optional<std::int64_t> count = parse_integer(text.substr(0, digits));
  if (!count) return std::nullopt;
  for (const DurationUnit& unit : kDurationUnits) {
    if (text.substr(digits) != unit.name) continue;
    if (*count > std::numeric_limits<std::int64_t>::max() / unit.ms) return std::nullopt;
    return DurationMs{*count * unit.ms};
  }
  return std::nullopt;
}

}  // namespace

std::string_view expectation_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::kText:
      return "a text";
    case ValueKind::kInteger:
      return "an integer";
    case ValueKind::kSwitch:
      return "on or off";
    case ValueKind::kDuration:
      return "a duration such as 7d, 12h, 30m, 10s or 250ms";
    case ValueKind::kTextList:
      return "a list of texts";
    case ValueKind::kTextMap:
      return "a map of texts";
    case ValueKind::kNull:
      return "null";
  }
  return "a value";
}

tl::expected<ConfigValue, std::string> parse_scalar(ValueKind kind, std::string_view text,
                                                    bool plain) {
  const auto wrong = [&] {
    return tl::unexpected(quote_excerpt(text) + " is not " + std::string(expectation_of(kind)) +
                          (plain ? "" : "; a quoted value is a text"));
  };
  switch (kind) {
    case ValueKind::kText:
      return ConfigValue(std::string(text));
    case ValueKind::kInteger: {
      const std::optional<std::int64_t> value = parse_integer(text);
      if (!plain || !value) return wrong();
      return ConfigValue(*value);
    }
    case ValueKind::kSwitch: {
      const std::optional<bool> value = parse_switch(text);
      if (!value) return wrong();
      return ConfigValue(*value);
    }
    case ValueKind::kDuration: {
      const std::optional<DurationMs> value = parse_duration(text);
      if (!value) return wrong();
      return ConfigValue(*value);
    }
    case ValueKind::kTextList:
    case ValueKind::kTextMap:
    case ValueKind::kNull:
      break;
  }
  FRESHET_CHECK(kind == ValueKind::kText);
  return wrong();
}

std::string duration_text(DurationMs duration) {
  for (const DurationUnit& unit : kDurationUnits) {
    if (duration.value % unit.ms == 0) {
      return std::to_string(duration.value / unit.ms) + std::string(unit.name);
    }
  }
  return std::to_string(duration.value) + "ms";
}

}  // namespace freshet::pipeline
