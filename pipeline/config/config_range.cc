// Whether a value lies within what its key's row of the table allows.
#include <algorithm>
#include <string>

#include "common/json_text.h"
#include "pipeline/config/config_keys.h"
#include "pipeline/config/did_you_mean.h"

namespace freshet::pipeline {
namespace {

std::string problem_of_number(const KeyRules& rules, std::int64_t number) {
  if (number >= rules.min && number <= rules.max) return "";
  return std::to_string(number) + " is out of range: " + std::to_string(rules.min) + " to " +
         std::to_string(rules.max) + " " + std::string(rules.unit);
}

std::string problem_of_duration(const KeyRules& rules, DurationMs duration) {
  if (duration.value >= rules.min && duration.value <= rules.max) return "";
  return duration_text(duration) + " is out of range: " + duration_text(DurationMs{rules.min}) +
         " to " + duration_text(DurationMs{rules.max});
}

std::string problem_of_size(const KeyRules& rules, std::size_t size, std::string_view of) {
  const auto count = static_cast<std::int64_t>(size);
  if (count >= rules.min && count <= rules.max) return "";
  return "has " + std::to_string(count) + " " + std::string(of) + ", allowed are " +
         std::to_string(rules.min) + " to " + std::to_string(rules.max);
}

std::string problem_of_choice(const KeyRules& rules, const std::string& text) {
  if (std::find(rules.choices.begin(), rules.choices.end(), text) != rules.choices.end()) return "";
  std::string choices;
  for (const std::string_view choice : rules.choices) {
    if (!choices.empty()) choices += ", ";
    choices += choice;
  }
  return quote_excerpt(text) + " is none of " + choices + suggestion_for(text, rules.choices);
}

}  // namespace

std::string problem_of_value(const KeyRules& rules, const ConfigValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return problem_of_number(rules, *number);
  }
  if (const auto* duration = std::get_if<DurationMs>(&value)) {
    return problem_of_duration(rules, *duration);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return rules.choices.empty() ? problem_of_size(rules, text->size(), "bytes")
                                 : problem_of_choice(rules, *text);
  }
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    return problem_of_size(rules, list->size(), "entries");
  }
  if (const auto* map = std::get_if<std::map<std::string, std::string>>(&value)) {
    return problem_of_size(rules, map->size(), "entries");
  }
  return "";
}

}  // namespace freshet::pipeline
