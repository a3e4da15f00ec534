#include "pipeline/config/config_tree_reader.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "common/json_text.h"
#include "pipeline/config/client_secrets.h"
#include "pipeline/config/config_keys.h"
#include "pipeline/config/key_names.h"
#include "pipeline/config/variable_expansion.h"

namespace freshet::pipeline {
namespace {

std::string join(std::string_view prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : std::string(prefix) + "." + std::string(name);
}

std::string printable(const std::string& name) {
  const bool as_it_is = name.size() <= kExcerptBytesMax && !has_control_character(name);
  return as_it_is ? name : quote_excerpt(name);
}

// "" or " (with the value of ${A}, ${B})": a message about an expanded text needs its origin.
std::string origin_of(const std::vector<std::string>& variables) {
  std::string text;
  for (const std::string& name : variables) {
    text += (text.empty() ? " (with the value of ${" : ", ${") + name + "}";
  }
  return text.empty() ? text : text + ")";
}

// A value together with what was expanded in it.
struct Read {
  ConfigValue value;
  std::vector<std::string> variables{};
};

class TreeReader {
 public:
  TreeReader(const Environment& environment, ConfigProblems* problems, ConfigValues* values)
      : environment_(environment), problems_(problems), values_(values) {}

  void read_section(const ConfigNode& map, std::string_view prefix, WorkerConfig* config) {
    for_each_pair(map, prefix,
                  [&](const std::string& name, const std::string& path, const ConfigPair& pair) {
                    if (path == "behaviours") {
                      read_behaviours(pair.value, config);
                    } else if (is_section(path)) {
                      if (pair.value.is_null()) return;  // a section whose every line is a comment
                      if (pair.value.is_map()) return read_section(pair.value, path, config);
                      problems_->add(path, pair.value.place, "must be a section with keys");
                    } else {
                      const std::string nearest = nearest_worker_key(join(prefix, name));
                      read_key(worker_keys(), path, path, nearest, pair, config);
                    }
                  });
  }

 private:
  // Calls visit(name, path, pair) for each pair of a map whose key is a text that stands there
  // once.
  template <class Visit>
  void for_each_pair(const ConfigNode& map, std::string_view prefix, const Visit& visit) {
    std::set<std::string> seen;
    for (const ConfigPair& pair : map.pairs) {
      if (!pair.key.is_scalar()) {
        problems_->add(std::string(prefix), pair.key.place, "a key must be a text");
        continue;
      }
      const std::string& name = pair.key.text;
      const std::string path = join(prefix, printable(name));
      if (!seen.insert(name).second) {
        problems_->add(path, pair.key.place, "the key stands here twice; keep one of them");
        continue;
      }
      problems_->remember(path, pair.value.place);
      visit(name, path, pair);
    }
  }

  void read_behaviours(const ConfigNode& list, WorkerConfig* config) {
    if (!list.is_list() || list.entries.empty() || list.entries.size() > kBehavioursMax) {
      problems_->add("behaviours", list.place,
                     "must be a list of 1 to " + std::to_string(kBehavioursMax) + " behaviours");
      return;
    }
    config->behaviours.clear();
    for (const ConfigNode& entry : list.entries) {
      const std::string path = "behaviours[" + std::to_string(config->behaviours.size()) + "]";
      read_behaviour(entry, path, &config->behaviours.emplace_back());
    }
  }

  void read_behaviour(const ConfigNode& entry, const std::string& path,
                      BehaviourConfig* behaviour) {
    problems_->remember(path, entry.place);
    if (!entry.is_map()) {
      problems_->add(path, entry.place, "must be a map with a name and types");
      return;
    }
    std::set<std::string> given;
    for_each_pair(
        entry, path,
        [&](const std::string& name, const std::string& key_path, const ConfigPair& pair) {
          given.insert(name);
          read_key(behaviour_keys(), name, key_path, nearest_behaviour_key(name), pair, behaviour);
        });
    for (const BehaviourKey& key : behaviour_keys()) {
      if (!key.default_text.empty() || given.contains(std::string(key.path))) continue;
      problems_->add(join(path, key.path), entry.place, "is missing: every behaviour needs one");
    }
  }

  // `table_path` is the key's name in the table, `path` the one that people read.
  template <class Target>
  void read_key(std::span<const ConfigKey<Target>> keys, const std::string& table_path,
                const std::string& path, const std::string& nearest, const ConfigPair& pair,
                Target* target) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const auto& known) { return known.path == table_path; });
    if (key == keys.end()) {
      problems_->add(path, pair.key.place, "unknown key" + nearest);
      return;
    }
    const ConfigNode& node = pair.value;
    if (node.is_null()) {
      if (key->default_text != "null") {
        problems_->add(path, node.place, "has no value; give one or remove the key");
      }
      return;
    }
    if (key->kind == ValueKind::kTextMap && node.is_map()) {
      // The table has one such key, and its entries are librdkafka's options.
      const Read options{read_client_options(path, node)};
      store(*key, path, node.place, options, target);
      return;
    }
    if (const std::optional<Read> read = read_value(key->kind, path, node)) {
      if (store(*key, path, node.place, *read, target)) {
        values_->insert_or_assign(path, EffectiveValue{read->value, node.place, read->variables});
      }
    }
  }

  template <class Target>
  bool store(const ConfigKey<Target>& key, const std::string& path, const ConfigPlace& place,
             const Read& read, Target* target) {
    const std::string problem = problem_of_value(key, read.value);
    if (problem.empty()) {
      key.set(read.value, target);
    } else {
      problems_->add(path, place, problem + origin_of(read.variables));
    }
    return problem.empty();
  }

  std::optional<Read> read_value(ValueKind kind, const std::string& path, const ConfigNode& node) {
    if (kind == ValueKind::kTextList && node.is_list()) return read_list(path, node);
    const bool scalar =
        kind != ValueKind::kTextList && kind != ValueKind::kTextMap && kind != ValueKind::kNull;
    if (scalar && node.is_scalar()) return read_scalar(kind, path, node);
    problems_->add(path, node.place, "must be " + std::string(expectation_of(kind)));
    return std::nullopt;
  }

  std::optional<Read> read_scalar(ValueKind kind, const std::string& path, const ConfigNode& node) {
    const auto expanded = expand_variables(node.text, environment_);
    if (!expanded) {
      problems_->add(path, node.place, expanded.error());
      return std::nullopt;
    }
    const std::string origin = origin_of(expanded->variables);
    if (has_control_character(expanded->text)) {
      problems_->add(path, node.place,
                     "holds a control character: " + quote_excerpt(expanded->text) + origin);
      return std::nullopt;
    }
    tl::expected<ConfigValue, std::string> value = parse_scalar(kind, expanded->text, node.plain);
    if (value) return Read{std::move(*value), expanded->variables};
    problems_->add(path, node.place, value.error() + origin);
    return std::nullopt;
  }

  std::optional<Read> read_list(const std::string& path, const ConfigNode& list) {
    std::vector<std::string> texts;
    Read read;
    bool good = true;
    for (const ConfigNode& entry : list.entries) {
      const std::string entry_path = path + "[" + std::to_string(texts.size()) + "]";
      problems_->remember(entry_path, entry.place);
      std::optional<Read> text = read_value(ValueKind::kText, entry_path, entry);
      good = good && text;
      texts.push_back(text ? std::get<std::string>(text->value) : "");
      if (!text) continue;
      read.variables.insert(read.variables.end(), text->variables.begin(), text->variables.end());
    }
    if (!good) return std::nullopt;
    read.value = std::move(texts);
    return read;
  }

  // Keeps the entries that are good, so that the rules about them are checked as well.
  ConfigValue read_client_options(const std::string& path, const ConfigNode& map) {
    std::map<std::string, std::string> options;
    for_each_pair(
        map, path,
        [&](const std::string& name, const std::string& entry_path, const ConfigPair& pair) {
          const auto of_file = option_of_file_option(name);
          const std::string option(of_file.value_or(name));
          std::optional<EffectiveValue> value = of_file
                                                    ? read_secret(option, entry_path, pair.value)
                                                    : read_option(option, entry_path, pair.value);
          if (!value) return;
          if (!options.emplace(option, std::get<std::string>(value->value)).second) {
            problems_->add(entry_path, pair.key.place,
                           option + " stands here both as itself and as a file; keep one");
            return;
          }
          const std::string option_path = join(path, printable(option));
          problems_->remember(option_path, pair.value.place);
          values_->insert_or_assign(option_path, std::move(*value));
        });
    return options;
  }

  std::optional<EffectiveValue> read_option(const std::string& option, const std::string& path,
                                            const ConfigNode& node) {
    if (!node.is_scalar()) {
      problems_->add(path, node.place, "must be a text");
      return std::nullopt;
    }
    const auto expanded = expand_variables(node.text, environment_);
    if (!expanded) {
      problems_->add(path, node.place, expanded.error());
      return std::nullopt;
    }
    if (expanded->text.find('\0') != std::string::npos) {
      problems_->add(path, node.place, "holds a zero byte");
      return std::nullopt;
    }
    // Certificates and keys in PEM have several lines; nothing else has a use for them.
    if (!option.ends_with(".pem") && has_control_character(expanded->text)) {
      problems_->add(path, node.place, "holds a control character, or more than one line");
      return std::nullopt;
    }
    return EffectiveValue{expanded->text, node.place, expanded->variables};
  }

  std::optional<EffectiveValue> read_secret(const std::string& option, const std::string& path,
                                            const ConfigNode& node) {
    if (!is_secret_client_option(option)) {
      problems_->add(path, node.place,
                     "only secrets are read from files, such as sasl.password_file; set " + option +
                         " itself");
      return std::nullopt;
    }
    const std::optional<Read> file = read_value(ValueKind::kText, path, node);
    if (!file) return std::nullopt;
    const std::string& name = std::get<std::string>(file->value);
    tl::expected<std::string, std::string> secret = read_secret_file(name);
    if (!secret) {
      problems_->add(path, node.place, secret.error());
      return std::nullopt;
    }
    return EffectiveValue{std::move(*secret), node.place, file->variables, name};
  }

  const Environment& environment_;
  ConfigProblems* problems_;
  ConfigValues* values_;
};

}  // namespace

WorkerConfig read_tree(const ConfigNode& root, const Environment& environment,
                       ConfigProblems* problems, ConfigValues* values) {
  WorkerConfig config;
  config.behaviours = default_behaviours();
  TreeReader(environment, problems, values).read_section(root, "", &config);
  return config;
}

}  // namespace freshet::pipeline
