#include "pipeline/config/config_parser.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "pipeline/config/config_checks.h"
#include "pipeline/config/config_keys.h"
#include "pipeline/config/config_overrides.h"
#include "pipeline/config/config_problems.h"
#include "pipeline/config/config_tree_reader.h"
#include "pipeline/config/yaml_reader.h"

namespace freshet::pipeline {
namespace {

ConfigNode scalar(std::string text) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kScalar;
  node.place.line = 0;
  node.text = std::move(text);
  return node;
}

// Puts the default list of behaviours into a tree without any, so that a --set finds its entries.
void add_default_behaviours(ConfigNode* root) {
  const auto is_it = [](const ConfigPair& pair) { return pair.key.text == "behaviours"; };
  if (std::any_of(root->pairs.begin(), root->pairs.end(), is_it)) return;
  ConfigNode list = scalar("");
  list.kind = ConfigNode::Kind::kList;
  for (const BehaviourConfig& behaviour : default_behaviours()) {
    ConfigNode types = scalar("");
    types.kind = ConfigNode::Kind::kList;
    for (const std::string& type : behaviour.types) types.entries.push_back(scalar(type));
    ConfigNode entry = scalar("");
    entry.kind = ConfigNode::Kind::kMap;
    entry.pairs.push_back({scalar("name"), scalar(behaviour.limits.name)});
    entry.pairs.push_back({scalar("types"), std::move(types)});
    list.entries.push_back(std::move(entry));
  }
  root->pairs.push_back({scalar("behaviours"), std::move(list)});
}

// The file's tree; none, with the problem told, where it has none.
std::optional<ConfigNode> read_root(std::string_view yaml, ConfigProblems* problems) {
  tl::expected<ConfigNode, YamlFault> root = read_yaml(yaml);
  if (!root) {
    problems->add("", root.error().place, root.error().message);
    return std::nullopt;
  }
  if (root->is_null()) {
    problems->add("", {}, "the file is empty; {} is a configuration of defaults");
    return std::nullopt;
  }
  if (!root->is_map()) {
    problems->add("", root->place, "the file must be a map of keys");
    return std::nullopt;
  }
  return std::move(*root);
}

ConfigReading read_text(std::string_view yaml, const ConfigSource& source,
                        const ConfigCheck& further) {
  ConfigProblems problems;
  ConfigReading reading;
  if (std::optional<ConfigNode> root = read_root(yaml, &problems)) {
    add_default_behaviours(&*root);
    apply_overrides(source.sets, &*root, &problems);
    reading.config = read_tree(*root, source.environment, &problems, &reading.values);
    for (const ConfigProblem& found : check_config(&reading.config)) {
      problems.add_at_path(found.path, found.message);
    }
    if (further) {
      for (const ConfigProblem& found : further(reading.config)) {
        problems.add_at_path(found.path, found.message);
      }
    }
  }
  for (const std::string& path : problems.paths()) reading.wrong_sections.emplace(section_of(path));
  if (!problems.empty()) reading.problems = problems.to_error(source.file.string());
  return reading;
}

Result<WorkerConfig> result_of(ConfigReading reading) {
  if (reading.problems) return tl::unexpected(std::move(*reading.problems));
  return std::move(reading.config);
}

}  // namespace

Result<WorkerConfig> parse_config(std::string_view yaml, const ConfigSource& source) {
  return result_of(read_text(yaml, source, {}));
}

Result<WorkerConfig> parse_config(std::string_view yaml, std::string_view name) {
  const ConfigSource source{.file = name,
                            .environment = [](const std::string&) { return std::nullopt; }};
  return parse_config(yaml, source);
}

Result<WorkerConfig> load_config(const ConfigSource& source) {
  return result_of(read_config(source));
}

ConfigReading read_config(const ConfigSource& source, const ConfigCheck& further) {
  std::ifstream stream(source.file, std::ios::binary);
  std::string yaml;
  // One byte more than allowed tells a too large file from the largest.
  yaml.resize(kYamlBytesMax + 1);
  stream.read(yaml.data(), static_cast<std::streamsize>(yaml.size()));
  if (!stream.is_open() || stream.bad()) {
    ConfigReading reading;
    reading.problems =
        Error{ErrorCode::kInvalidConfig,
              source.file.string() + ": cannot read the configuration; is the path right?"};
    reading.wrong_sections.insert("");
    return reading;
  }
  yaml.resize(static_cast<std::size_t>(stream.gcount()));
  return read_text(yaml, source, further);
}

}  // namespace freshet::pipeline
