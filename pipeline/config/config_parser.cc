#include "pipeline/config/config_parser.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "common/ids.h"
#include "common/json_text.h"
#include "pipeline/config/config_checks.h"
#include "pipeline/config/config_keys.h"
#include "pipeline/config/config_problems.h"
#include "pipeline/config/did_you_mean.h"

namespace freshet::pipeline {
namespace {

// No configuration comes near it; a log given by mistake is refused before it is parsed.
constexpr std::size_t kFileBytesMax = 256 << 10;

TextPlace place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// An empty value has no place of its own in yaml-cpp; its key has.
TextPlace place_of(const YAML::Node& value, TextPlace of_key) {
  const YAML::Mark mark = value.Mark();
  return mark.is_null() || value.IsNull() ? of_key : place_of(mark);
}

std::string join(std::string_view prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : std::string(prefix) + "." + std::string(name);
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
}

class Parser {
 public:
  explicit Parser(ConfigProblems* problems) : problems_(problems) {
    for (const WorkerKey& key : worker_keys()) add_name(key.path);
    add_name("behaviours");
  }

  WorkerConfig read(const YAML::Node& root) {
    WorkerConfig config;
    config.behaviours = default_behaviours();
    read_section(root, "", &config);
    for (const ConfigProblem& problem : check_config(&config)) {
      problems_->add_at_path(problem.path, problem.message);
    }
    return config;
  }

 private:
  // A path of the table, and every section it stands in.
  void add_name(std::string_view path) {
    names_.push_back(path);
    for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.', dot + 1)) {
      sections_.insert(path.substr(0, dot));
    }
  }

  // Calls visit(name, path, place of the key, value) for each pair of a map whose key is a text
  // that stands there once.
  template <class Visit>
  void for_each_pair(const YAML::Node& map, std::string_view prefix, const Visit& visit) {
    std::set<std::string> seen;
    for (const auto& pair : map) {
      const TextPlace place = place_of(pair.first.Mark());
      if (!pair.first.IsScalar()) {
        problems_->add(std::string(prefix), place, "a key must be a text");
        continue;
      }
      const std::string& name = pair.first.Scalar();
      const std::string path = join(prefix, is_printable(name) ? name : quote_excerpt(name));
      if (!seen.insert(name).second) {
        problems_->add(path, place, "the key stands here twice; keep one of them");
        continue;
      }
      problems_->remember(path, place_of(pair.second, place));
      visit(name, path, place, pair.second);
    }
  }

  static bool is_printable(std::string_view name) {
    return name.size() <= kExcerptBytesMax && !has_control_character(name);
  }

  void read_section(const YAML::Node& node, std::string_view prefix, WorkerConfig* config) {
    for_each_pair(node, prefix,
                  [&](const std::string& name, const std::string& path, TextPlace place,
                      const YAML::Node& value) {
                    if (path == "behaviours") {
                      read_behaviours(value, place, config);
                    } else if (sections_.contains(path)) {
                      if (value.IsNull()) return;  // a section whose every line is a comment
                      if (value.IsMap()) return read_section(value, path, config);
                      problems_->add(path, place_of(value, place), "must be a section with keys");
                    } else {
                      read_key(worker_keys(), name, path, path, place, value, config);
                    }
                  });
  }

  void read_behaviours(const YAML::Node& node, TextPlace place, WorkerConfig* config) {
    if (!node.IsSequence() || node.size() == 0 || node.size() > kBehavioursMax) {
      problems_->add("behaviours", place_of(node, place),
                     "must be a list of 1 to " + std::to_string(kBehavioursMax) + " behaviours");
      return;
    }
    config->behaviours.clear();
    for (const YAML::Node& entry : node) {
      const std::string path = "behaviours[" + std::to_string(config->behaviours.size()) + "]";
      BehaviourConfig& behaviour = config->behaviours.emplace_back();
      read_behaviour(entry, path, place_of(entry, place), &behaviour);
    }
  }

  void read_behaviour(const YAML::Node& entry, const std::string& path, TextPlace place,
                      BehaviourConfig* behaviour) {
    problems_->remember(path, place);
    if (!entry.IsMap()) {
      problems_->add(path, place, "must be a map with a name and types");
      return;
    }
    std::set<std::string> given;
    for_each_pair(entry, path,
                  [&](const std::string& name, const std::string& key_path, TextPlace key_place,
                      const YAML::Node& value) {
                    given.insert(name);
                    read_key(behaviour_keys(), name, name, key_path, key_place, value, behaviour);
                  });
    for (const BehaviourKey& key : behaviour_keys()) {
      if (!key.default_text.empty() || given.contains(std::string(key.path))) continue;
      problems_->add(join(path, key.path), place, "is missing: every behaviour needs one");
    }
  }

  // `table_path` is the key's name in the table, `path` the one that people read.
  template <class Target>
  void read_key(std::span<const ConfigKey<Target>> keys, const std::string& name,
                const std::string& table_path, const std::string& path, TextPlace place,
                const YAML::Node& node, Target* target) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const auto& known) { return known.path == table_path; });
    if (key == keys.end()) {
      problems_->add(path, place, "unknown key" + nearest_key(keys, name, path));
      return;
    }
    const TextPlace value_place = place_of(node, place);
    if (node.IsNull()) {
      if (key->default_text != "null") {
        problems_->add(path, value_place, "has no value; give one or remove the key");
      }
      return;
    }
    if (const auto value = read_value(key->kind, path, value_place, node)) {
      const std::string problem = problem_of_value(*key, *value);
      if (problem.empty()) {
        key->set(*value, target);
      } else {
        problems_->add(path, value_place, problem);
      }
    }
  }

  std::string nearest_key(std::span<const WorkerKey>, const std::string& name,
                          const std::string& path) const {
    std::vector<std::string_view> names = names_;
    names.insert(names.end(), sections_.begin(), sections_.end());
    for (const std::string_view known : names) {
      if (known.ends_with("." + name)) return "; did you mean " + std::string(known) + "?";
    }
    return suggestion_for(path, names);
  }

  std::string nearest_key(std::span<const BehaviourKey> keys, const std::string& name,
                          const std::string&) const {
    std::vector<std::string_view> names;
    for (const BehaviourKey& key : keys) names.push_back(key.path);
    return suggestion_for(name, names);
  }

  std::optional<ConfigValue> read_value(ValueKind kind, const std::string& path, TextPlace place,
                                        const YAML::Node& node) {
    if (kind == ValueKind::kTextList && node.IsSequence()) return read_list(path, place, node);
    if (kind == ValueKind::kTextMap && node.IsMap()) return read_map(path, node);
    const bool scalar =
        kind != ValueKind::kTextList && kind != ValueKind::kTextMap && kind != ValueKind::kNull;
    if (scalar && node.IsScalar()) return read_scalar(kind, path, place, node);
    problems_->add(path, place, "must be " + std::string(expectation_of(kind)));
    return std::nullopt;
  }

  std::optional<ConfigValue> read_scalar(ValueKind kind, const std::string& path, TextPlace place,
                                         const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (has_control_character(text)) {
      problems_->add(path, place, "holds a control character: " + quote_excerpt(text));
      return std::nullopt;
    }
    if (text.find("${") != text.npos) {
      problems_->add(path, place, "${...} is not expanded in this version; write the value itself");
      return std::nullopt;
    }
    tl::expected<ConfigValue, std::string> value = parse_scalar(kind, text, node.Tag() != "!");
    if (value) return std::move(*value);
    problems_->add(path, place, value.error());
    return std::nullopt;
  }

  std::optional<ConfigValue> read_list(const std::string& path, TextPlace place,
                                       const YAML::Node& node) {
    std::vector<std::string> texts;
    bool good = true;
    for (const YAML::Node& entry : node) {
      const std::string entry_path = path + "[" + std::to_string(texts.size()) + "]";
      const TextPlace entry_place = place_of(entry, place);
      problems_->remember(entry_path, entry_place);
      std::string text;
      good = read_text(entry_path, entry_place, entry, &text) && good;
      texts.push_back(std::move(text));
    }
    if (!good) return std::nullopt;
    return std::make_optional<ConfigValue>(std::move(texts));
  }

  // Keeps the entries that are good, so that the rules about them are checked as well.
  ConfigValue read_map(const std::string& path, const YAML::Node& node) {
    std::map<std::string, std::string> texts;
    for_each_pair(node, path,
                  [&](const std::string& name, const std::string& entry_path, TextPlace place,
                      const YAML::Node& value) {
                    std::string text;
                    if (read_text(entry_path, place_of(value, place), value, &text)) {
                      texts.emplace(name, std::move(text));
                    }
                  });
    return texts;
  }

  bool read_text(const std::string& path, TextPlace place, const YAML::Node& node,
                 std::string* text) {
    if (!node.IsScalar()) {
      problems_->add(path, place, "must be a text");
      return false;
    }
    const auto value = read_scalar(ValueKind::kText, path, place, node);
    if (value) *text = std::get<std::string>(*value);
    return value.has_value();
  }

  ConfigProblems* problems_;
  std::vector<std::string_view> names_;
  std::set<std::string_view> sections_;
};

// What must hold before yaml-cpp sees the text: it takes byte 04 for the end of the file, other
// encodings for its own business, and any size.
std::optional<std::string_view> problem_of_bytes(std::string_view yaml) {
  if (yaml.size() > kFileBytesMax) return "the file is larger than 256 KiB: no configuration is";
  if (!is_valid_utf8(yaml)) return "the file is not UTF-8 text";
  for (const char c : yaml) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') {
      return "the file holds control characters: is it a text file?";
    }
  }
  return std::nullopt;
}

// Where the documents of a stream start; their content passes by.
class DocumentStarts final : public YAML::EventHandler {
 public:
  const std::vector<YAML::Mark>& marks() const { return marks_; }

  void OnDocumentStart(const YAML::Mark& mark) override { marks_.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  std::vector<YAML::Mark> marks_;
};

// The start of a second document. YAML::LoadAll would say how many there are, but on some malformed
// text it finds documents for ever; nobody needs more than the second.
std::optional<YAML::Mark> second_document(const std::string& yaml) {
  std::istringstream stream(yaml);
  YAML::Parser parser(stream);
  DocumentStarts starts;
  if (!parser.HandleNextDocument(starts) || !parser.HandleNextDocument(starts)) return std::nullopt;
  return starts.marks().back();
}

std::optional<YAML::Node> parse_document(std::string_view yaml, ConfigProblems* problems) {
  YAML::Node root;
  // yaml-cpp reports by throwing, and on damaged input not only its own kind.
  try {
    const std::string text(yaml);
    if (const auto second = second_document(text)) {
      problems->add("", place_of(*second), "a second document starts here; a configuration is one");
      return std::nullopt;
    }
    root = YAML::Load(text);
  } catch (const YAML::DeepRecursion& fault) {
    problems->add("", place_of(fault.mark), "not valid YAML: lists and maps nest too deeply");
    return std::nullopt;
  } catch (const YAML::Exception& fault) {
    const TextPlace place = fault.mark.is_null() ? TextPlace{} : place_of(fault.mark);
    problems->add("", place, "not valid YAML: " + fault.msg);
    return std::nullopt;
  } catch (const std::exception& fault) {
    problems->add("", TextPlace{}, std::string("not valid YAML: ") + fault.what());
    return std::nullopt;
  }
  if (root.IsNull()) {
    problems->add("", TextPlace{}, "the file is empty; {} is a configuration of defaults");
    return std::nullopt;
  }
  if (!root.IsMap()) {
    problems->add("", place_of(root, TextPlace{}), "the file must be a map of keys");
    return std::nullopt;
  }
  return root;
}

ConfigReading read_text(std::string_view yaml, std::string_view name, const ConfigCheck& further) {
  ConfigProblems problems;
  ConfigReading reading;
  if (const auto problem = problem_of_bytes(yaml)) {
    problems.add("", TextPlace{}, *problem);
  } else if (const auto root = parse_document(yaml, &problems)) {
    reading.config = Parser(&problems).read(*root);
    for (const ConfigProblem& found : further(reading.config)) {
      problems.add_at_path(found.path, found.message);
    }
  }
  for (const std::string& path : problems.paths()) reading.wrong_sections.emplace(section_of(path));
  if (!problems.empty()) reading.problems = problems.to_error(name);
  return reading;
}

Result<WorkerConfig> result_of(ConfigReading reading) {
  if (reading.problems) return tl::unexpected(std::move(*reading.problems));
  return std::move(reading.config);
}

std::vector<ConfigProblem> nothing_further(const WorkerConfig&) { return {}; }

}  // namespace

Result<WorkerConfig> parse_config(std::string_view yaml, std::string_view name) {
  return result_of(read_text(yaml, name, nothing_further));
}

Result<WorkerConfig> load_config(const ConfigSource& source) {
  return result_of(read_config(source, nothing_further));
}

ConfigReading read_config(const ConfigSource& source, const ConfigCheck& further) {
  const std::filesystem::path& file = source.file;
  std::ifstream stream(file, std::ios::binary);
  std::string yaml;
  // One byte more than allowed tells a too large file from the largest.
  yaml.resize(kFileBytesMax + 1);
  stream.read(yaml.data(), static_cast<std::streamsize>(yaml.size()));
  if (!stream.is_open() || stream.bad() || !source.sets.empty()) {
    ConfigReading reading;
    reading.problems = Error{ErrorCode::kInvalidConfig,
                             file.string() + ": cannot read the configuration; is the path right?"};
    if (!source.sets.empty()) reading.problems->message = "--set is not in this version";
    reading.wrong_sections.insert("");
    return reading;
  }
  yaml.resize(static_cast<std::size_t>(stream.gcount()));
  return read_text(yaml, file.string(), further);
}

}  // namespace freshet::pipeline
