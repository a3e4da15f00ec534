#include "pipeline/cases/case_file.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "common/json_text.h"
#include "pipeline/config/did_you_mean.h"
#include "pipeline/config/yaml_reader.h"
#include "pipeline/events/event.h"
#include "pipeline/status/counters.h"

namespace freshet::pipeline {
namespace {

// RFC 8259's grammar, so that 0712 stays the text that it is.
bool is_json_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - begin;
  };
  const bool zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// An event as its producer would write it: YAML's maps, lists and plain scalars as JSON's.
void append_json(const ConfigNode& node, std::string* out) {
  if (node.is_null()) {
    *out += "null";
  } else if (node.is_scalar()) {
    const std::string& text = node.text;
    const bool literal =
        node.plain && (text == "true" || text == "false" || text == "null" || is_json_number(text));
    *out += literal ? text : json_string(text);
  } else if (node.is_list()) {
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
      out->push_back(i == 0 ? '[' : ',');
      append_json(node.entries[i], out);
    }
    *out += node.entries.empty() ? "[]" : "]";
  } else {
    for (std::size_t i = 0; i < node.pairs.size(); ++i) {
      out->push_back(i == 0 ? '{' : ',');
      append_json_string(node.pairs[i].key.text, out);
      out->push_back(':');
      append_json(node.pairs[i].value, out);
    }
    *out += node.pairs.empty() ? "{}" : "}";
  }
}

std::vector<std::string_view> reason_names() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kDeadLetterReasons; ++i) {
    names.push_back(name_of(static_cast<DeadLetterReason>(i)));
  }
  return names;
}

class Reader {
 public:
  Reader(std::string_view file, const WorkerConfig& config) : file_(file) {
    for (const BehaviourConfig& behaviour : config.behaviours) {
      behaviours_.push_back(behaviour.limits.name);
    }
  }

  std::vector<Case> read(const ConfigNode& root) {
    std::vector<Case> cases;
    if (!root.is_map()) {
      problem(root, "must be a map with the one key `cases`");
      return cases;
    }
    bool given = false;
    each_pair(root, {"cases"}, [&](std::string_view, const ConfigNode& value) {
      given = true;
      if (!value.is_list() || value.entries.empty())
        return problem(value, "must be a list of cases");
      for (const ConfigNode& entry : value.entries) cases.push_back(read_case(entry));
    });
    if (!given && problems_.empty()) problem(root, "has no `cases`");
    return cases;
  }

  std::string problems() const {
    std::string text;
    for (const std::string& line : problems_) text += (text.empty() ? "" : "\n") + line;
    return text;
  }

 private:
  void problem(const ConfigNode& node, const std::string& what) {
    problems_.push_back(file_ + ":" + std::to_string(node.place.line) + ":" +
                        std::to_string(node.place.column) + ": " + what);
  }

  // Calls visit(key, value) for each key that is among `known` and stands there once.
  template <class Visit>
  void each_pair(const ConfigNode& map, const std::vector<std::string_view>& known,
                 const Visit& visit) {
    std::set<std::string_view> seen;
    for (const ConfigPair& pair : map.pairs) {
      const std::string& key = pair.key.text;
      if (!pair.key.is_scalar()) {
        problem(pair.key, "a key must be a text");
      } else if (!known.empty() && std::find(known.begin(), known.end(), key) == known.end()) {
        problem(pair.key, "unknown key " + quote_excerpt(key) + suggestion_for(key, known));
      } else if (!seen.insert(key).second) {
        problem(pair.key, quote_excerpt(key) + " stands here twice; keep one of them");
      } else {
        visit(std::string_view(key), pair.value);
      }
    }
  }

  Case read_case(const ConfigNode& node) {
    Case one;
    one.line = node.place.line;
    if (!node.is_map()) {
      problem(node, "a case is a map of name, events, outputs and sequences");
      return one;
    }
    const ConfigNode* outputs = nullptr;
    each_pair(node, {"name", "events", "outputs", "sequences"},
              [&](std::string_view key, const ConfigNode& value) {
                if (key == "name") read_text(value, &one.name);
                if (key == "events") read_events(value, &one.events);
                if (key == "outputs") outputs = &value;
                if (key == "sequences") read_sequences(value, &one.sequences);
              });
    if (one.name.empty()) problem(node, "a case needs a name");
    if (one.events.empty()) problem(node, "a case needs events");
    if (outputs != nullptr) read_outputs(*outputs, &one);
    if (outputs == nullptr && one.sequences.empty()) {
      problem(node, "a case that expects nothing cannot fail; give outputs or sequences");
    }
    return one;
  }

  void read_text(const ConfigNode& node, std::string* text) {
    if (!node.is_scalar() || node.text.empty()) return problem(node, "must be a text");
    *text = node.text;
  }

  void read_events(const ConfigNode& node, std::vector<std::string>* events) {
    if (!node.is_list()) return problem(node, "must be a list of events");
    for (const ConfigNode& entry : node.entries) {
      std::string& event = events->emplace_back();
      if (entry.is_map()) {
        append_json(entry, &event);
      } else if (entry.is_scalar()) {
        event = entry.text;
      } else {
        problem(entry, "an event is a map of its fields, or a text: the bytes as they come");
      }
    }
  }

  void read_outputs(const ConfigNode& node, Case* one) {
    if (!node.is_list() || node.entries.size() != one->events.size()) {
      return problem(node, "must be a list with one entry for each of the " +
                               std::to_string(one->events.size()) +
                               " events; ~ where nothing is compared");
    }
    for (const ConfigNode& entry : node.entries) {
      std::optional<ExpectedOutput>& output = one->outputs.emplace_back();
      if (entry.is_null()) continue;
      if (!entry.is_map()) {
        problem(entry, "must be a map of what is expected, or ~");
        continue;
      }
      output.emplace();
      each_pair(entry, {"dead_letter", "sequence_length", "late", "duplicate", "top"},
                [&](std::string_view key, const ConfigNode& value) {
                  read_expectation(key, value, &*output);
                });
    }
  }

  void read_expectation(std::string_view key, const ConfigNode& value, ExpectedOutput* output) {
    if (key == "dead_letter") {
      const std::vector<std::string_view> reasons = reason_names();
      if (!value.is_scalar() ||
          std::find(reasons.begin(), reasons.end(), value.text) == reasons.end()) {
        return problem(value,
                       "must be the reason of a dead letter" + suggestion_for(value.text, reasons));
      }
      output->dead_letter = value.text;
    } else if (key == "sequence_length") {
      std::size_t number = 0;
      const char* end = value.text.data() + value.text.size();
      const auto [read, code] = std::from_chars(value.text.data(), end, number);
      if (!value.is_scalar() || value.text.empty() || read != end || code != std::errc{}) {
        return problem(value, "must be a whole number");
      }
      output->sequence_length = number;
    } else if (key == "top") {
      output->top = read_items(value);
    } else {
      if (!value.is_scalar() || (value.text != "true" && value.text != "false")) {
        return problem(value, "must be true or false");
      }
      (key == "late" ? output->late : output->duplicate) = value.text == "true";
    }
  }

  std::vector<std::string> read_items(const ConfigNode& node) {
    std::vector<std::string> items;
    if (!node.is_list()) {
      problem(node, "must be a list of item ids");
      return items;
    }
    for (const ConfigNode& entry : node.entries) read_text(entry, &items.emplace_back());
    return items;
  }

  void read_sequences(const ConfigNode& node,
                      std::map<std::string, std::map<std::string, std::vector<std::string>>>* all) {
    if (!node.is_map()) return problem(node, "must be a map of users");
    each_pair(node, {}, [&](std::string_view user, const ConfigNode& sequences) {
      if (!sequences.is_map()) return problem(sequences, "must be a map of behaviours");
      const std::vector<std::string_view> known(behaviours_.begin(), behaviours_.end());
      auto& of_user = (*all)[std::string(user)];
      each_pair(sequences, known, [&](std::string_view behaviour, const ConfigNode& items) {
        of_user[std::string(behaviour)] = read_items(items);
      });
    });
  }

  std::string file_;
  std::vector<std::string> behaviours_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<std::vector<Case>> parse_cases(std::string_view yaml, std::string_view name,
                                      const WorkerConfig& config) {
  const tl::expected<ConfigNode, YamlFault> root = read_yaml(yaml);
  if (!root) {
    const ConfigPlace& place = root.error().place;
    return error(ErrorCode::kInvalidConfig, std::string(name) + ":" + std::to_string(place.line) +
                                                ":" + std::to_string(place.column) + ": " +
                                                root.error().message);
  }
  Reader reader(name, config);
  std::vector<Case> cases = reader.read(*root);
  const std::string problems = reader.problems();
  if (!problems.empty()) return error(ErrorCode::kInvalidConfig, problems);
  return cases;
}

}  // namespace freshet::pipeline
