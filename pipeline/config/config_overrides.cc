#include "pipeline/config/config_overrides.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "common/ids.h"
#include "common/json_text.h"
#include "pipeline/config/config_keys.h"
#include "pipeline/config/did_you_mean.h"
#include "pipeline/config/key_names.h"
#include "pipeline/config/yaml_reader.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kSetsMax = 1000;

// Ends at the first sign that no key holds, so that a secret behind another one than '=' is no part
// of what a message calls the key.
std::string_view key_text(std::string_view set) {
  const auto is_of_key = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-[]").find(c) != std::string_view::npos;
  };
  const auto end = std::find_if_not(set.begin(), set.end(), is_of_key);
  return set.substr(0, static_cast<std::size_t>(end - set.begin()));
}

// A key of the command line, understood.
struct Target {
  std::vector<std::string> words;          // the keys from the root on; of a behaviour, in it
  std::optional<std::size_t> behaviour{};  // its index
  ValueKind kind = ValueKind::kText;       // of the value; kTextList for `behaviours` itself
  std::string_view default_text{};
};

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> words;
  for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
    words.emplace_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  words.emplace_back(path);
  return words;
}

// As messages write it, so that none names the same key in two ways.
std::string path_of(const Target& target) {
  return "behaviours[" + std::to_string(*target.behaviour) + "]." + target.words.front();
}

using Found = tl::expected<Target, std::string>;

Found find_behaviour_key(std::string_view rest) {
  const bool bracket = rest.starts_with('[');
  rest.remove_prefix(1);
  std::size_t index = 0;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  const std::string_view separator = bracket ? "]." : ".";
  if (problem != std::errc{} || !rest.starts_with(separator)) {
    return tl::unexpected<std::string>("say behaviours.INDEX.KEY, such as behaviours.0.length_max");
  }
  const std::string_view name = rest.substr(separator.size());
  for (const BehaviourKey& key : behaviour_keys()) {
    if (key.path == name) return Target{{std::string(name)}, index, key.kind, key.default_text};
  }
  return tl::unexpected("unknown key" + nearest_behaviour_key(name));
}

Found find_key(std::string_view path) {
  constexpr std::string_view kBehaviours = "behaviours";
  if (path == kBehaviours) return Target{{std::string(path)}, {}, ValueKind::kTextList};
  if (path.starts_with(kBehaviours) &&
      std::string_view(".[").find(path[kBehaviours.size()]) != std::string_view::npos) {
    return find_behaviour_key(path.substr(kBehaviours.size()));
  }
  for (const WorkerKey& key : worker_keys()) {
    if (key.path == path) return Target{split(path), {}, key.kind, key.default_text};
    const std::string prefix = std::string(key.path) + ".";
    if (key.kind == ValueKind::kTextMap && path.starts_with(prefix) && path != prefix) {
      std::vector<std::string> words = split(key.path);
      words.emplace_back(path.substr(prefix.size()));
      return Target{std::move(words)};
    }
  }
  if (is_section(path)) {
    return tl::unexpected<std::string>("is a section; set one of its keys: " + std::string(path) +
                                       ".KEY=VALUE");
  }
  return tl::unexpected("unknown key" + nearest_worker_key(path));
}

// Everything of a value stands where its --set does.
void place_all(const ConfigPlace& place, ConfigNode* node) {
  node->place = place;
  for (ConfigNode& entry : node->entries) place_all(place, &entry);
  for (ConfigPair& pair : node->pairs) {
    place_all(place, &pair.key);
    place_all(place, &pair.value);
  }
}

tl::expected<ConfigNode, std::string> read_value(const Target& target, std::string_view text) {
  ConfigNode node;
  if (target.kind == ValueKind::kTextList || target.kind == ValueKind::kTextMap) {
    tl::expected<ConfigNode, YamlFault> yaml = read_yaml(text);
    if (!yaml) return tl::unexpected(std::move(yaml.error().message));
    node = std::move(*yaml);
  } else if (target.default_text != "null" || text != "null") {
    if (!is_valid_utf8(text)) return tl::unexpected<std::string>("the value is not UTF-8 text");
    node.kind = ConfigNode::Kind::kScalar;
    node.text = text;
  }
  return node;
}

ConfigNode* child_of(ConfigNode* map, const std::string& name, const ConfigPlace& place) {
  for (ConfigPair& pair : map->pairs) {
    if (pair.key.is_scalar() && pair.key.text == name) return &pair.value;
  }
  ConfigPair pair;
  pair.key.kind = ConfigNode::Kind::kScalar;
  pair.key.text = name;
  pair.key.place = place;
  map->pairs.push_back(std::move(pair));
  return &map->pairs.back().value;
}

// Follows the words, making what is not there. False where the file has something else than a map
// on the way; its reader tells.
bool put(const std::vector<std::string>& words, ConfigNode value, ConfigNode* at) {
  const ConfigPlace place = value.place;
  for (const std::string& word : words) {
    if (at->is_null()) {
      at->kind = ConfigNode::Kind::kMap;
      at->place = place;
    }
    if (!at->is_map()) return false;
    at = child_of(at, word, place);
  }
  *at = std::move(value);
  return true;
}

tl::expected<void, std::string> apply(const Target& target, ConfigNode value, ConfigNode* root) {
  ConfigNode* at = root;
  if (target.behaviour) {
    at = child_of(root, "behaviours", value.place);
    if (!at->is_list()) return {};
    if (*target.behaviour >= at->entries.size()) {
      return tl::unexpected("there are " + std::to_string(at->entries.size()) +
                            " behaviours, the first has the index 0");
    }
    at = &at->entries[*target.behaviour];
  }
  put(target.words, std::move(value), at);
  return {};
}

}  // namespace

void apply_overrides(const std::vector<std::string>& sets, ConfigNode* root,
                     ConfigProblems* problems) {
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const std::string_view set = sets[i];
    const std::string_view path = key_text(set);
    ConfigPlace place{.set = path.size() <= kExcerptBytesMax ? std::string(path)
                                                             : quote_excerpt(path)};
    if (i == kSetsMax) return problems->add("", place, "is one too many: at most 1000 are read");
    if (path.empty() || !set.substr(path.size()).starts_with('=')) {
      if (path.empty()) place.set = quote_excerpt(set.substr(0, 1));
      problems->add("", place, "say KEY=VALUE, such as --set threads=2");
      continue;
    }
    const Found target = find_key(path);
    if (!target) {
      problems->add("", place, target.error());
      continue;
    }
    tl::expected<ConfigNode, std::string> value = read_value(*target, set.substr(path.size() + 1));
    if (!value) {
      problems->add("", place, value.error());
      continue;
    }
    if (target->behaviour) place.set = path_of(*target);
    place_all(place, &*value);
    if (const auto applied = apply(*target, std::move(*value), root); !applied) {
      problems->add("", place, applied.error());
    }
  }
}

}  // namespace freshet::pipeline
