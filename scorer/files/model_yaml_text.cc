#include "scorer/files/model_yaml_text.h"

#include <charconv>
#include <string_view>

#include "scorer/files/model_words.h"

namespace freshet::scorer {
namespace {

std::string shortest(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  return std::string(buffer, end);
}

// "{key: value, key: value}".
class FlowMap {
 public:
  void add(std::string_view key, std::string_view value) {
    text_ += text_.empty() ? "" : ", ";
    text_ += key;
    text_ += ": ";
    text_ += value;
  }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string map_text(const TraditionalAttention& attention) {
  FlowMap map;
  map.add("hidden", std::to_string(attention.w1.rows));
  map.add("activation", word_of(kActivationWords, attention.activation));
  map.add("weight", word_of(kWeightWords, attention.weight));
  map.add("softmax", word_of(kSoftmaxWords, attention.softmax));
  map.add("recency_per_day", shortest(attention.recency_per_day));
  return map.text();
}

std::string map_text(const SelfAttention& attention) {
  FlowMap map;
  map.add("hidden", std::to_string(attention.score.wq.rows));
  if (attention.score.kind != ScoreKind::kBilinear) {
    map.add("score", word_of(kScoreWords, attention.score.kind));
  }
  if (attention.score.activation != Activation::kNone) {
    map.add("activation", word_of(kActivationWords, attention.score.activation));
  }
  map.add("pool", word_of(kPoolWords, attention.pool));
  map.add("recency_per_day", shortest(attention.recency_per_day));
  return map.text();
}

std::string map_text(const MergedAttention& attention) {
  FlowMap map;
  map.add("traditional", map_text(attention.traditional));
  map.add("self", map_text(attention.self));
  return map.text();
}

std::string map_text(const TargetAttention& attention) {
  FlowMap map;
  map.add("score", word_of(kScoreWords, attention.score.kind));
  if (attention.score.has_matrices()) {
    map.add("hidden", std::to_string(attention.score.wq.rows));
  }
  map.add("recency_per_day", shortest(attention.recency_per_day));
  return map.text();
}

std::string map_text(const NoAttention&) { return {}; }

std::string behaviour_text(const BehaviourModel& behaviour) {
  const std::string name = "  - name: \"" + behaviour.name + "\"\n";
  const std::string attention =
      std::visit([](const auto& kind) { return map_text(kind); }, behaviour.attention);
  return attention.empty() ? name : name + "    attention: " + attention + "\n";
}

std::string target_fields_line(const TargetFields& fields) {
  std::string line = "target_fields: [";
  for (std::size_t k = 0; k < fields.names.size(); ++k) {
    line += (k == 0 ? "\"" : ", \"") + fields.names[k] + "\"";
  }
  return line + "]\n";
}

std::string wide_text(const WideModel& wide) {
  std::string yaml = "wide:\n  buckets: " + std::to_string(wide.buckets) +
                     "\n  recent_clicks: " + std::to_string(wide.recent_clicks) + "\n  crosses:\n";
  for (const Cross& cross : wide.crosses) yaml += "    - \"" + cross_text(cross) + "\"\n";
  return yaml;
}

}  // namespace

std::string model_yaml_text(const Model& model, const FolderDigests& digests) {
  std::string yaml = "format: 1\nname: \"" + model.name +
                     "\"\nversion: " + std::to_string(model.version) +
                     "\nvariant: " + std::string(word_of(kVariantWords, model.variant)) +
                     "\nembedding_dim: " + std::to_string(model.embedding_dim) + "\n";
  if (model.target_fields) yaml += target_fields_line(*model.target_fields);
  yaml += "behaviours:\n";
  for (const BehaviourModel& behaviour : model.behaviours) yaml += behaviour_text(behaviour);
  yaml += "deep: {layers: [" + std::to_string(model.hidden1.weight.rows) + ", " +
          std::to_string(model.hidden2.weight.rows) + "]}\n";
  if (!model.wide.crosses.empty()) yaml += wide_text(model.wide);
  yaml += "checksum:\n  weights: \"" + digests.weights + "\"\n  items: \"" + digests.items + "\"\n";
  if (model.target_fields) yaml += "  target_fields: \"" + digests.target_fields + "\"\n";
  return yaml;
}

}  // namespace freshet::scorer
