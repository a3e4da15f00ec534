#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "common/json_text.h"
#include "scorer/files/model_parsers.h"
#include "scorer/files/model_words.h"
#include "scorer/model/model_check.h"
#include "scorer/model/model_limits.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kSha256Digits = 64;

// A node of model.yaml and its path from the root, as messages name it.
struct Place {
  YAML::Node node;
  std::string path;
};

// Reads with types and bounds. The first error stays; after it every read gives a default, so the
// caller asks status() once, at the end.
class YamlReader {
 public:
  explicit YamlReader(std::string file) : file_(std::move(file)) {}

  const Status& status() const { return status_; }
  bool ok() const { return status_.has_value(); }

  void fail(const Place& at, const std::string& message) {
    if (!ok()) return;
    const YAML::Mark mark = at.node.Mark();
    std::string text = file_;
    if (!mark.is_null()) {
      text += ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
    }
    text += ": " + (at.path.empty() ? "" : at.path + ": ") + message;
    status_ = refuse_model(std::move(text));
  }

  // Fails unless `map` is a map whose keys are words of `known`, each once.
  void expect_keys(const Place& map, std::initializer_list<std::string_view> known) {
    if (!expect_map(map)) return;
    std::set<std::string> seen;
    for (const auto& entry : map.node) {
      const Place key{entry.first, map.path};
      const std::string word = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (std::find(known.begin(), known.end(), word) == known.end()) {
        fail(key, "unknown key \"" + word + "\"; remove it or check its spelling");
      } else if (!seen.insert(word).second) {
        fail(key, "key \"" + word + "\" is given twice; remove one");
      }
    }
  }

  std::optional<Place> find(const Place& map, const std::string& key) {
    if (!ok() || !expect_map(map)) return std::nullopt;
    for (const auto& entry : map.node) {
      if (entry.first.IsScalar() && entry.first.Scalar() == key) {
        return Place{entry.second, map.path.empty() ? key : map.path + "." + key};
      }
    }
    return std::nullopt;
  }

  Place get(const Place& map, const std::string& key) {
    std::optional<Place> found = find(map, key);
    if (!found) fail(map, "key \"" + key + "\" is missing; add it");
    return found.value_or(Place{});
  }

  std::vector<Place> list(const Place& at, std::size_t size_max) {
    std::vector<Place> places;
    if (!ok()) return places;
    if (!at.node.IsSequence() || at.node.size() > size_max) {
      fail(at, "must be a list of at most " + std::to_string(size_max) + " entries");
      return places;
    }
    for (const auto& node : at.node) {
      places.push_back({node, at.path + "[" + std::to_string(places.size()) + "]"});
    }
    return places;
  }

  std::string text(const Place& at) {
    if (ok() && !at.node.IsScalar()) fail(at, "must be a word");
    return ok() ? at.node.Scalar() : std::string();
  }

  std::uint64_t integer(const Place& at, std::uint64_t min, std::uint64_t max) {
    std::uint64_t value = 0;
    if (!ok() || (parse_number(at, &value) && value >= min && value <= max)) return value;
    fail(at, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return 0;
  }

  double number(const Place& at, double min, double max) {
    double value = 0;
    if (!ok() || (parse_number(at, &value) && value >= min && value <= max)) return value;
    fail(at, "must be a number from " + std::to_string(min) + " to " + std::to_string(max));
    return 0;
  }

  template <class Option, std::size_t kCount>
  Option one_of(const Place& at, const std::array<Word<Option>, kCount>& words) {
    const std::string given = text(at);
    std::string choices;
    for (const Word<Option>& word : words) {
      if (word.text == given) return word.value;
      choices += (choices.empty() ? "" : ", ") + std::string(word.text);
    }
    fail(at, "\"" + given + "\" is not served by this version; it serves " + choices);
    return {};
  }

 private:
  bool expect_map(const Place& at) {
    if (ok() && !at.node.IsMap()) fail(at, "must be a map of keys and values");
    return ok();
  }

  // A quoted number is text (its tag is "!"), as in any YAML reader.
  template <class Number>
  static bool parse_number(const Place& at, Number* value) {
    if (!at.node.IsScalar() || at.node.Tag() == "!") return false;
    const std::string& digits = at.node.Scalar();
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, *value);
    return parsed.ec == std::errc() && parsed.ptr == end;
  }

  std::string file_;
  Status status_;
};

// True when a "---" follows content. Load() would pass over what comes after it, and yaml-cpp 0.7's
// LoadAll() adds documents for ever where one begins with a comma.
bool has_second_document(std::string_view text) {
  bool content = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with("---")) {
      if (content) return true;
    } else if (line.find_first_not_of(" \t\r") != std::string_view::npos && line[0] != '#') {
      content = true;
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return false;
}

double read_recency(const Place& at, YamlReader* yaml) {
  const auto recency = yaml->find(at, "recency_per_day");
  return recency ? yaml->number(*recency, 0.0, kRecencyPerDayMax) : 0.0;
}

std::size_t read_hidden(const Place& at, YamlReader* yaml) {
  return yaml->integer(yaml->get(at, "hidden"), 1, kLayerWidthMax);
}

TraditionalAttention read_traditional(const Place& at, std::size_t dim, YamlReader* yaml) {
  yaml->expect_keys(at, {"hidden", "activation", "weight", "softmax", "recency_per_day"});
  TraditionalAttention attention;
  attention.activation = yaml->one_of(yaml->get(at, "activation"), kActivationWords);
  attention.weight = yaml->one_of(yaml->get(at, "weight"), kWeightWords);
  attention.softmax = yaml->one_of(yaml->get(at, "softmax"), kSoftmaxWords);
  attention.recency_per_day = read_recency(at, yaml);
  set_attention_shapes(dim, read_hidden(at, yaml), &attention);
  return attention;
}

SelfAttention read_self(const Place& at, const Model& model, YamlReader* yaml) {
  SelfAttention attention;
  attention.score.kind = ScoreKind::kBilinear;
  switch (model.variant) {
    case Variant::kSelfBilinear:
      yaml->expect_keys(at, {"hidden", "pool", "recency_per_day"});
      break;
    case Variant::kSelfBilinearActivated:
    case Variant::kMerged:
      yaml->expect_keys(at, {"hidden", "activation", "pool", "recency_per_day"});
      attention.score.activation = yaml->one_of(yaml->get(at, "activation"), kSelfActivationWords);
      break;
    default:
      yaml->expect_keys(at, {"hidden", "score", "pool", "recency_per_day"});
      attention.score.kind = yaml->one_of(yaml->get(at, "score"), kSelfScoreWords);
  }
  attention.pool = yaml->one_of(yaml->get(at, "pool"), kPoolWords);
  attention.recency_per_day = read_recency(at, yaml);
  set_self_shapes(model.variant, model.embedding_dim, read_hidden(at, yaml),
                  model.target_fields.has_value(), &attention);
  return attention;
}

TargetAttention read_target(const Place& at, std::size_t dim, YamlReader* yaml) {
  TargetAttention attention;
  attention.score.kind = yaml->one_of(yaml->get(at, "score"), kScoreWords);
  const bool matrices =
      attention.score.kind == ScoreKind::kAdditive || attention.score.kind == ScoreKind::kBilinear;
  if (matrices) {
    yaml->expect_keys(at, {"score", "hidden", "recency_per_day"});
  } else {
    yaml->expect_keys(at, {"score", "recency_per_day"});
  }
  attention.recency_per_day = read_recency(at, yaml);
  set_target_shapes(dim, matrices ? read_hidden(at, yaml) : 0, &attention);
  return attention;
}

Attention read_attention(const Place& at, const Model& model, YamlReader* yaml) {
  switch (model.variant) {
    case Variant::kTraditional:
      return read_traditional(at, model.embedding_dim, yaml);
    case Variant::kMerged:
      yaml->expect_keys(at, {"traditional", "self"});
      return MergedAttention{
          read_traditional(yaml->get(at, "traditional"), model.embedding_dim, yaml),
          read_self(yaml->get(at, "self"), model, yaml)};
    case Variant::kTarget:
      return read_target(at, model.embedding_dim, yaml);
    case Variant::kNone:
      return NoAttention{};
    default:
      return read_self(at, model, yaml);
  }
}

BehaviourModel read_behaviour(const Place& at, const Model& model, YamlReader* yaml) {
  BehaviourModel behaviour;
  behaviour.name = yaml->text(yaml->get(at, "name"));
  if (model.variant == Variant::kNone) {
    yaml->expect_keys(at, {"name"});
    behaviour.attention = NoAttention{};
    return behaviour;
  }
  yaml->expect_keys(at, {"name", "attention"});
  behaviour.attention = read_attention(yaml->get(at, "attention"), model, yaml);
  return behaviour;
}

WideModel read_wide(const Place& at, YamlReader* yaml) {
  yaml->expect_keys(at, {"buckets", "recent_clicks", "crosses"});
  WideModel wide;
  wide.buckets = yaml->integer(yaml->get(at, "buckets"), 1, kWideBucketsMax);
  if (const auto recent = yaml->find(at, "recent_clicks")) {
    wide.recent_clicks = yaml->integer(*recent, 0, kRecentClicksMax);
  }
  for (const Place& place : yaml->list(yaml->get(at, "crosses"), kCrossesMax)) {
    const std::string text = yaml->text(place);
    if (std::optional<Cross> cross = parse_cross(text)) {
      wide.crosses.push_back(std::move(*cross));
    } else {
      yaml->fail(place, "\"" + text +
                            "\" is not a cross; use item, user, context:FIELD, recent x item or "
                            "context:FIELD x item");
    }
  }
  return wide;
}

std::string read_sha256(const Place& at, YamlReader* yaml) {
  std::string text = yaml->text(at);
  const bool hex = text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (text.size() != kSha256Digits || !hex) {
    yaml->fail(at, "must be a SHA-256 of 64 lower-case hexadecimal digits");
  }
  return text;
}

ModelDescription read_description(const Place& root, YamlReader* yaml) {
  ModelDescription description;
  Model& model = description.model;
  const Place format = yaml->get(root, "format");
  const std::uint64_t number = yaml->integer(format, 0, std::numeric_limits<std::uint64_t>::max());
  if (number != kFormat) {
    yaml->fail(format, "format " + std::to_string(number) +
                           " is not served by this version; it serves 1, use a matching release");
  }
  model.variant = yaml->one_of(yaml->get(root, "variant"), kVariantWords);
  yaml->expect_keys(root, {"format", "name", "version", "variant", "embedding_dim", "target_fields",
                           "behaviours", "deep", "wide", "checksum"});
  model.name = yaml->text(yaml->get(root, "name"));
  model.version =
      yaml->integer(yaml->get(root, "version"), 0, std::numeric_limits<std::int64_t>::max());
  model.embedding_dim = yaml->integer(yaml->get(root, "embedding_dim"), 1, kEmbeddingDimMax);
  model.items.cols = model.embedding_dim;
  if (const auto fields = yaml->find(root, "target_fields")) {
    model.target_fields.emplace();
    for (const Place& place : yaml->list(*fields, kTargetFieldsMax)) {
      model.target_fields->names.push_back(yaml->text(place));
    }
    model.target_fields->embedding.cols = model.embedding_dim;
  }
  for (const Place& place : yaml->list(yaml->get(root, "behaviours"), kBehavioursMax)) {
    model.behaviours.push_back(read_behaviour(place, model, yaml));
  }
  const Place deep = yaml->get(root, "deep");
  yaml->expect_keys(deep, {"layers"});
  const Place layers = yaml->get(deep, "layers");
  const std::vector<Place> widths = yaml->list(layers, 2);
  if (widths.size() != 2) {
    yaml->fail(layers, "must be the two widths of the hidden layers, like [64, 32]");
  } else {
    set_deep_shapes(yaml->integer(widths[0], 1, kLayerWidthMax),
                    yaml->integer(widths[1], 1, kLayerWidthMax), &model);
  }
  if (const auto wide = yaml->find(root, "wide")) model.wide = read_wide(*wide, yaml);
  const Place checksum = yaml->get(root, "checksum");
  if (model.target_fields) {
    yaml->expect_keys(checksum, {"weights", "items", "target_fields"});
    description.target_fields_sha256 = read_sha256(yaml->get(checksum, "target_fields"), yaml);
  } else {
    yaml->expect_keys(checksum, {"weights", "items"});
  }
  description.weights_sha256 = read_sha256(yaml->get(checksum, "weights"), yaml);
  description.items_sha256 = read_sha256(yaml->get(checksum, "items"), yaml);
  return description;
}

}  // namespace

Result<ModelDescription> parse_model_yaml(const std::string& text, const std::string& file) {
  try {
    if (has_second_document(text)) return refuse_model(file, "must hold one YAML document");
    YamlReader yaml(file);
    ModelDescription description = read_description({YAML::Load(text), ""}, &yaml);
    if (!yaml.ok()) return tl::unexpected(yaml.status().error());
    if (auto status = check_shapes(description.model); !status) {
      return refuse_model(file, status.error().message);
    }
    return description;
  } catch (const std::exception& exception) {
    return refuse_model(file, "not readable as YAML: " + in_utf8(exception.what()));
  }
}

}  // namespace freshet::scorer
