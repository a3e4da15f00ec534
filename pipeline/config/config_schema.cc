#include "pipeline/config/config_schema.h"

#include <span>
#include <string_view>
#include <vector>

#include "common/json_text.h"
#include "pipeline/config/client_options.h"
#include "pipeline/config/config_keys.h"

namespace freshet::pipeline {
namespace {

// A text to people may be any scalar to a reader of YAML: "7", "on".
constexpr std::string_view kScalar = R"("type": ["string", "number", "boolean"])";
// A behaviour has types or impressions.
constexpr std::string_view kFed =
    R"("anyOf": [{"required": ["types"], "properties": {"types": {"minItems": 1}}}, )"
    R"({"required": ["impressions"], "properties": {"impressions": {"not": {"type": "null"}}}}])";
constexpr std::string_view kExpanded = R"({"$ref": "#/$defs/expanded"})";

std::string quoted(std::string_view text) { return json_string(text); }

std::string range(std::string_view min_name, std::string_view max_name, const KeyRules& rules) {
  return ", " + quoted(min_name) + ": " + std::to_string(rules.min) + ", " + quoted(max_name) +
         ": " + std::to_string(rules.max);
}

std::string choices(const std::vector<std::string_view>& words) {
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + quoted(word);
  return "\"enum\": [" + list + "]";
}

// Any of the values as they are, of a text with a variable in it, and of null where that is one.
std::string any_of(const KeyRules& rules, const std::string& schema) {
  const bool nullable = rules.default_text == "null";
  return "\"anyOf\": [{" + schema + "}, " + std::string(kExpanded) +
         (nullable ? R"(, {"type": "null"}])" : "]");
}

std::string type_of(const KeyRules& rules) {
  switch (rules.kind) {
    case ValueKind::kText:
      if (!rules.choices.empty()) return any_of(rules, choices(rules.choices));
      return any_of(rules, std::string(kScalar) + range("minLength", "maxLength", rules));
    case ValueKind::kInteger:
      return any_of(rules, "\"type\": \"integer\"" + range("minimum", "maximum", rules));
    case ValueKind::kSwitch:
      return any_of(rules, R"("enum": [true, false, "on", "off"])");
    case ValueKind::kDuration:
      return any_of(rules, R"("type": "string", "pattern": "^[0-9]+(d|h|m|s|ms)$")");
    case ValueKind::kTextList:
      return R"("type": "array", "items": {)" + std::string(kScalar) + "}" +
             range("minItems", "maxItems", rules);
    case ValueKind::kTextMap:
      return R"("type": ["object", "null"], "additionalProperties": {)" + std::string(kScalar) +
             R"(}, "maxProperties": )" + std::to_string(rules.max) +
             R"(, "propertyNames": {"not": {)" + choices(refused_client_options()) + "}}";
    case ValueKind::kNull:
      return R"("type": "null")";
  }
  return "";
}

// The default as JSON; switches and durations as the texts that they are to most readers.
std::string json_default_of(const KeyRules& rules) {
  const std::string_view text = rules.default_text;
  const bool as_it_is =
      rules.kind == ValueKind::kInteger || text == "null" || text == "[]" || text == "{}";
  if (rules.kind == ValueKind::kSwitch) return text == "on" ? "true" : "false";
  return as_it_is ? std::string(text) : quoted(text);
}

std::string property(const KeyRules& rules) {
  std::string meaning(rules.meaning);
  if (!rules.unit.empty()) meaning += " Unit: " + std::string(rules.unit) + ".";
  std::string out = "{\"description\": " + quoted(meaning);
  if (!rules.default_text.empty()) out += ", \"default\": " + json_default_of(rules);
  return out + ", " + type_of(rules) + "}";
}

void append_property(std::string_view name, const std::string& schema, std::size_t depth,
                     std::string* out) {
  if (!out->ends_with("{")) *out += ",";
  *out += "\n" + std::string(2 * depth, ' ') + quoted(name) + ": " + schema;
}

// The object of the keys in `keys`, which share the first `prefix` bytes of their paths.
std::string section(std::span<const WorkerKey> keys, std::size_t prefix, std::size_t depth,
                    const std::string& more_properties) {
  std::string properties = "{";
  for (std::size_t i = 0; i < keys.size();) {
    const std::string_view rest = keys[i].path.substr(prefix);
    const std::size_t dot = rest.find('.');
    std::size_t end = i + 1;
    if (dot == std::string_view::npos) {
      append_property(rest, property(keys[i]), depth + 1, &properties);
    } else {
      const std::string_view shared = keys[i].path.substr(0, prefix + dot + 1);
      while (end < keys.size() && keys[end].path.starts_with(shared)) ++end;
      append_property(rest.substr(0, dot),
                      section(keys.subspan(i, end - i), shared.size(), depth + 1, ""), depth + 1,
                      &properties);
    }
    i = end;
  }
  return R"({"type": ["object", "null"], "additionalProperties": false, "properties": )" +
         properties + more_properties + "}}";
}

std::string behaviours() {
  std::string properties = "{";
  std::string required;
  for (const BehaviourKey& key : behaviour_keys()) {
    append_property(key.path, property(key), 2, &properties);
    if (key.default_text.empty()) required += (required.empty() ? "" : ", ") + quoted(key.path);
  }
  return R"({"description": "What is kept of each user: a sequence of clicks per behaviour.", )"
         R"("type": "array", "minItems": 1, "maxItems": )" +
         std::to_string(kBehavioursMax) +
         R"(, "items": {"type": "object", "additionalProperties": false, "required": [)" +
         required + "], " + std::string(kFed) + ", \"properties\": " + properties + "}}}";
}

}  // namespace

std::string config_schema() {
  std::string root = section(worker_keys(), 0, 0, ",\n  \"behaviours\": " + behaviours());
  // The root is an object like every section, but never null, and says what it is.
  constexpr std::string_view kSectionStart = R"({"type": ["object", "null"], )";
  return R"({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Freshet",)"
         "\n"
         R"("$defs": {"expanded": {"type": "string", "pattern": "\\$\\{"}},)"
         "\n"
         R"("type": "object", )" +
         root.substr(kSectionStart.size()) + "\n";
}

}  // namespace freshet::pipeline
