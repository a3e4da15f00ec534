#include "pipeline/config/config.h"

#include <algorithm>
#include <charconv>

#include "common/check.h"
#include "common/json_text.h"

namespace freshet::pipeline {

std::string_view name_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMilliseconds:
      return "ms";
    case TimeUnit::kSeconds:
      return "s";
    case TimeUnit::kMicroseconds:
      return "us";
    case TimeUnit::kRfc3339:
      return "rfc3339";
  }
  return "unknown";
}

namespace {

// Names come from the file and may hold any character, so lists of them are written as JSON.
std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out.push_back(',');
    append_json_string(text, &out);
  }
  out.push_back(']');
  return out;
}

void add_behaviour(const BehaviourConfig& behaviour, std::vector<std::string>* lines) {
  const std::string name = "behaviour." + behaviour.limits.name;
  std::vector<std::string> types = behaviour.types;
  std::sort(types.begin(), types.end());  // the order of types means nothing
  lines->push_back(name + ".age_max_ms=" + std::to_string(behaviour.limits.age_max.value));
  // Only where there is a rule, so that a state made before there were any still fits.
  if (behaviour.all_impressions) lines->push_back(name + ".impressions=all");
  if (!behaviour.impression_field.empty()) {
    lines->push_back(name + ".impressions=" + json_string(behaviour.impression_field));
  }
  lines->push_back(name + ".length_max=" + std::to_string(behaviour.limits.length_max));
  lines->push_back(name + ".types=" + json_list(types));
}

void add_fields(const FieldNames& fields, std::vector<std::string>* lines) {
  const auto add = [lines](std::string_view role, std::string_view name) {
    lines->push_back("events.fields." + std::string(role) + "=" + json_string(name));
  };
  add("candidates", fields.candidates);
  add("event", fields.event);
  add("item", fields.item);
  add("label", fields.label);
  add("request", fields.request);
  add("time", fields.time);
  add("type", fields.type);
  add("user", fields.user);
}

}  // namespace

std::vector<stateful::BehaviourLimits> WorkerConfig::limits() const {
  std::vector<stateful::BehaviourLimits> limits;
  limits.reserve(behaviours.size());
  for (const BehaviourConfig& behaviour : behaviours) limits.push_back(behaviour.limits);
  return limits;
}

std::optional<RecordPlace> parse_record_place(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  RecordPlace place;
  const auto read = [](std::string_view digits, auto* number) {
    const char* end = digits.data() + digits.size();
    const auto [stop, code] = std::from_chars(digits.data(), end, *number);
    return !digits.empty() && digits[0] != '-' && stop == end && code == std::errc{};
  };
  if (!read(text.substr(0, colon), &place.partition.value)) return std::nullopt;
  if (!read(text.substr(colon + 1), &place.offset.value)) return std::nullopt;
  return place;
}

std::string fingerprint_of(const WorkerConfig& config, std::string_view topic,
                           std::int32_t partition_count, Partition partition) {
  FRESHET_CHECK(config.events.label_behaviour < config.behaviours.size());
  std::vector<std::string> lines;
  std::vector<std::string> names;
  for (const BehaviourConfig& behaviour : config.behaviours) {
    add_behaviour(behaviour, &lines);
    names.push_back(behaviour.limits.name);
  }
  lines.push_back("behaviours=" + json_list(names));  // their order is part of the stored value
  add_fields(config.events.fields, &lines);
  lines.push_back("events.label_behaviour=" +
                  config.behaviours[config.events.label_behaviour].limits.name);
  lines.push_back("events.time_unit=" + std::string(name_of(config.events.time_unit)));
  std::string excluded;
  for (const RecordPlace& place : config.input.exclude) {
    if (place.partition == partition) excluded += " " + std::to_string(place.offset.value);
  }
  if (!excluded.empty()) lines.push_back("input.exclude=" + excluded.substr(1));
  lines.push_back("input.partitions=" + std::to_string(partition_count));
  lines.push_back("input.topic=" + std::string(topic));
  lines.push_back("state.format=" + std::to_string(kStateFormat));
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace freshet::pipeline
