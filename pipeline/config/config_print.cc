#include "pipeline/config/config_print.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "common/json_text.h"
#include "pipeline/config/client_secrets.h"
#include "pipeline/config/config_keys.h"
#include "pipeline/config/config_sections.h"
#include "pipeline/config/key_names.h"

namespace freshet::pipeline {
namespace {

constexpr std::string_view kClient = "kafka.client.";

// One line of the print: a key, or one option of kafka.client.
struct Line {
  std::string path;   // from the root
  std::string value;  // as YAML
  std::string json;   // as JSON
  std::string source;
};

// Plain where no reader of YAML could take it for anything but a text.
bool is_plain(std::string_view text) {
  constexpr std::string_view kOtherMeanings[] = {"null", "true", "false", "on", "off",
                                                 "yes",  "no",   "y",     "n"};
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text.front())) == 0) return false;
  std::string lower;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0 && std::string_view("_-./").find(c) == std::string_view::npos) {
      return false;
    }
    lower.push_back(static_cast<char>(std::tolower(byte)));
  }
  return std::find(std::begin(kOtherMeanings), std::end(kOtherMeanings), lower) ==
         std::end(kOtherMeanings);
}

std::string yaml_text(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string doubled;  // so that reading the print expands nothing
  for (const char c : text) doubled += c == '$' ? "$$" : std::string(1, c);
  return json_string(doubled);
}

std::string json_list(const std::vector<std::string>& texts, std::string (*quote)(std::string_view),
                      std::string_view separator) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += separator;
    out += quote(text);
  }
  return out + "]";
}

std::string as_yaml(const ConfigValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* on = std::get_if<bool>(&value)) return *on ? "on" : "off";
  if (const auto* duration = std::get_if<DurationMs>(&value)) return duration_text(*duration);
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    return json_list(*list, yaml_text, ", ");
  }
  if (const auto* text = std::get_if<std::string>(&value)) return yaml_text(*text);
  return "null";
}

std::string as_json(const ConfigValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* on = std::get_if<bool>(&value)) return *on ? "true" : "false";
  if (const auto* duration = std::get_if<DurationMs>(&value)) {
    return json_string(duration_text(*duration));
  }
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    return json_list(*list, json_string, ",");
  }
  if (const auto* text = std::get_if<std::string>(&value)) return json_string(*text);
  return "null";
}

// What the table gives for a key that nobody set.
ConfigValue default_of(const KeyRules& rules) {
  if (rules.default_text == "null" || rules.kind == ValueKind::kNull) return {};
  if (rules.kind == ValueKind::kTextList) return std::vector<std::string>{};
  const auto value = parse_scalar(rules.kind, rules.default_text, true);
  return value ? *value : ConfigValue{};
}

std::string printable(std::string_view name) {
  return has_control_character(name) ? quote_excerpt(name) : std::string(name);
}

std::string source_of(const EffectiveValue& value, std::string_view file) {
  if (value.place.line == 0) return "default";
  std::string source = !value.place.set.empty()
                           ? "--set"
                           : printable(file) + ":" + std::to_string(value.place.line) + ":" +
                                 std::to_string(value.place.column);
  for (const std::string& name : value.variables) source += ", environment " + name;
  if (!value.secret_file.empty()) source += ", file " + printable(value.secret_file);
  return source;
}

Line line_of(std::string path, const EffectiveValue& value, std::string_view file) {
  const bool secret = path.starts_with(kClient) &&
                      is_secret_client_option(std::string_view(path).substr(kClient.size()));
  const ConfigValue shown = secret ? ConfigValue(std::string(kRedacted)) : value.value;
  return {std::move(path), as_yaml(shown), as_json(shown), source_of(value, file)};
}

// `table_key` at `path`: what was set, or the default.
Line line_of_key(const KeyRules& table_key, const std::string& path, const ConfigValues& values,
                 std::string_view file) {
  const auto found = values.find(path);
  if (found != values.end()) return line_of(path, found->second, file);
  return line_of(path, {default_of(table_key), {.line = 0}}, file);
}

std::vector<Line> client_lines(const ConfigValues& values, std::string_view file) {
  std::vector<Line> lines;
  for (auto at = values.lower_bound(kClient); at != values.end() && at->first.starts_with(kClient);
       ++at) {
    lines.push_back(line_of(at->first, at->second, file));
  }
  return lines;
}

// [behaviours][keys]
std::vector<std::vector<Line>> behaviour_lines(const ConfigValues& values, std::string_view file) {
  std::vector<std::vector<Line>> behaviours;
  for (std::size_t i = 0; i < kBehavioursMax; ++i) {
    const std::string prefix = "behaviours[" + std::to_string(i) + "].";
    if (!values.contains(prefix + "name")) break;
    std::vector<Line>& lines = behaviours.emplace_back();
    for (const BehaviourKey& key : behaviour_keys()) {
      lines.push_back(line_of_key(key, prefix + std::string(key.path), values, file));
    }
  }
  return behaviours;
}

void append_line(std::string_view start, std::string_view name, const Line& line,
                 std::string* out) {
  *out += start;
  *out += std::string(name) + ": " + line.value + "  # " + line.source + "\n";
}

void append_client(const std::vector<Line>& lines, SectionWriter* sections, std::string* out) {
  if (lines.empty()) {
    const std::size_t indent = sections->open("kafka.client");
    append_line(std::string(indent, ' '), "client", {"", "{}", "", "default"}, out);
    return;
  }
  for (const Line& line : lines) {
    // The name of an option holds dots, which open no sections.
    const std::size_t indent = sections->open("kafka.client.option");
    append_line(std::string(indent, ' '),
                yaml_text(std::string_view(line.path).substr(kClient.size())), line, out);
  }
}

void append_behaviours(const ConfigValues& values, std::string_view file, std::string* out) {
  *out += "behaviours:\n";
  for (const std::vector<Line>& lines : behaviour_lines(values, file)) {
    std::string_view start = "  - ";
    for (const Line& line : lines) {
      append_line(start, std::string_view(line.path).substr(line.path.rfind('.') + 1), line, out);
      start = "    ";
    }
  }
}

}  // namespace

std::string print_config(const ConfigValues& values, std::string_view file) {
  std::string out;
  SectionWriter sections(&out);
  for (const WorkerKey& key : worker_keys()) {
    if (key.kind == ValueKind::kTextMap) {
      append_client(client_lines(values, file), &sections, &out);
      continue;
    }
    const std::size_t indent = sections.open(key.path);
    append_line(std::string(indent, ' '), split_path(key.path).back(),
                line_of_key(key, std::string(key.path), values, file), &out);
  }
  append_behaviours(values, file, &out);
  return out;
}

std::string print_config_json(const ConfigValues& values, std::string_view file) {
  std::vector<Line> lines;
  for (const WorkerKey& key : worker_keys()) {
    if (key.kind == ValueKind::kTextMap) {
      const std::vector<Line> options = client_lines(values, file);
      lines.insert(lines.end(), options.begin(), options.end());
    } else {
      lines.push_back(line_of_key(key, std::string(key.path), values, file));
    }
  }
  for (const std::vector<Line>& behaviour : behaviour_lines(values, file)) {
    lines.insert(lines.end(), behaviour.begin(), behaviour.end());
  }
  std::string out = "{";
  for (const Line& line : lines) {
    if (out.size() > 1) out += ",";
    out += "\n" + json_string(line.path) + ": {\"value\": " + line.json +
           ", \"source\": " + json_string(line.source) + "}";
  }
  return out + "\n}\n";
}

}  // namespace freshet::pipeline
