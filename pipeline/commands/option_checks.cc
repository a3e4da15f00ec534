#include "pipeline/commands/option_checks.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <optional>

#include "common/json_text.h"

namespace freshet::commands {
namespace {

template <class Number>
std::optional<Number> parse(const std::string& text) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string shown(double value) {
  char digits[32];
  const auto end = std::to_chars(digits, std::end(digits), value, std::chars_format::fixed).ptr;
  return std::string(std::begin(digits), end);
}

// CLI11 would print range and default glued to the name; here they end the description.
void describe(CLI::Option* option, const std::string& range) {
  std::string text = option->get_description() + " (" + range;
  if (!option->get_default_str().empty()) text += "; default: " + option->get_default_str();
  option->description(text + ")")->default_str("");
}

template <class Number>
CLI::Option* check_range(CLI::Option* option, Number min, Number max, const std::string& kind,
                         const std::string& range) {
  describe(option, range);
  option->type_name("NUMBER");
  return option->check([min, max, kind, range](const std::string& text) -> std::string {
    const std::optional<Number> value = parse<Number>(text);
    if (value && *value >= min && *value <= max) return {};
    return quote_excerpt(text) + " is not a " + kind + " from " + range;
  });
}

}  // namespace

CLI::Option* whole_number(CLI::Option* option, std::uint64_t min, std::uint64_t max) {
  return check_range(option, min, max, "whole number",
                     std::to_string(min) + " to " + std::to_string(max));
}

CLI::Option* finite_number(CLI::Option* option, double min, double max) {
  return check_range(option, min, max, "number", shown(min) + " to " + shown(max));
}

CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  describe(option, list);
  option->type_name("WORD");
  return option->check([words, list](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return {};
    return quote_excerpt(text) + " is not one of: " + list;
  });
}

}  // namespace freshet::commands
