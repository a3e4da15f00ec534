#include "pipeline/config/config_reference.h"

#include <string_view>
#include <vector>

#include "pipeline/config/config_keys.h"
#include "pipeline/config/config_sections.h"

namespace freshet::pipeline {
namespace {

constexpr std::string_view kIntroduction =
    "# Every key of Freshet's configuration, with its default: this file says the same as {}.\n"
    "# A text may be quoted. Switches are on or off. Durations are 250ms, 10s, 30m, 12h or 7d.\n"
    "# In a value, ${NAME}, ${NAME:-default} and ${NAME:?message} come from the environment, and "
    "$$\n"
    "# is a $. `freshet config reference` prints this file; docs/configuration.md has the rest.\n";
constexpr std::size_t kColumnsMax = 100;

// `text` as comment lines that are indented by `indent` and not wider than kColumnsMax.
void append_comment(std::string_view text, std::size_t indent, std::string* out) {
  std::string line(indent, ' ');
  line += "#";
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (line.size() + 1 + word.size() > kColumnsMax) {
      *out += line + "\n";
      line.assign(indent, ' ');
      line += "#";
    }
    line += " " + std::string(word);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  *out += line + "\n";
}

std::string numbers(const KeyRules& rules) {
  return std::to_string(rules.min) + " to " + std::to_string(rules.max);
}

std::string range_text(const KeyRules& rules) {
  switch (rules.kind) {
    case ValueKind::kText: {
      if (rules.choices.empty()) {
        const bool nullable = rules.default_text == "null";
        return "A text of " + numbers(rules) + " bytes" + (nullable ? ", or null." : ".");
      }
      std::string text = "One of";
      for (const std::string_view choice : rules.choices) {
        text += (text == "One of" ? " " : ", ") + std::string(choice);
      }
      return text + ".";
    }
    case ValueKind::kInteger:
      return numbers(rules) + " " + std::string(rules.unit) + ".";
    case ValueKind::kSwitch:
      return "on or off.";
    case ValueKind::kDuration:
      return duration_text(DurationMs{rules.min}) + " to " + duration_text(DurationMs{rules.max}) +
             ".";
    case ValueKind::kTextList:
      return "A list of " + numbers(rules) + " texts.";
    case ValueKind::kTextMap:
      return "A map of at most " + std::to_string(rules.max) + " texts.";
    case ValueKind::kNull:
      return "Only null.";
  }
  return "";
}

void append_rules(const KeyRules& rules, std::size_t indent, std::string* out) {
  append_comment(rules.meaning, indent, out);
  const std::string fallback = rules.default_text.empty()
                                   ? "Required."
                                   : "Default: " + std::string(rules.default_text) + ".";
  append_comment(range_text(rules) + " " + fallback, indent, out);
}

void append_key(const WorkerKey& key, SectionWriter* sections, std::string* out) {
  const std::size_t indent = sections->open(key.path, "\n");
  append_rules(key, indent, out);
  *out += std::string(indent, ' ') + std::string(split_path(key.path).back()) + ": " +
          std::string(key.default_text) + "\n";
}

void append_behaviours(std::string* out) {
  *out += "\n";
  append_comment(
      "What is kept of each user: a sequence of clicks per behaviour. The first one is the primary "
      "behaviour, whose length outputs show.",
      0, out);
  append_comment("A list of 1 to " + std::to_string(kBehavioursMax) + ". Default: as here.", 0,
                 out);
  *out += "behaviours:\n";
  const BehaviourConfig click = default_behaviours().front();
  std::string_view bullet = "  - ";
  for (const BehaviourKey& key : behaviour_keys()) {
    append_rules(key, 4, out);
    std::string value(key.default_text);
    if (key.path == "name") value = click.limits.name;
    if (key.path == "types") value = "[" + click.types.front() + "]";
    *out += std::string(bullet) + std::string(key.path) + ": " + value + "\n";
    bullet = "    ";
  }
}

}  // namespace

std::string reference_config() {
  std::string out(kIntroduction);
  SectionWriter sections(&out);
  bool behaviours_written = false;
  for (const WorkerKey& key : worker_keys()) {
    if (!behaviours_written && key.path.starts_with("candidates.")) {
      append_behaviours(&out);
      behaviours_written = true;
    }
    append_key(key, &sections, &out);
  }
  return out;
}

}  // namespace freshet::pipeline
