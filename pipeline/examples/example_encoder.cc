#include "pipeline/examples/example_encoder.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "common/check.h"
#include "common/json_text.h"
#include "scorer/candidates/top_k.h"

namespace freshet::pipeline {
namespace {

void append_context(const std::vector<std::string>& names,
                    const std::vector<std::optional<std::string>>& values, std::string* out) {
  *out += "\"context\":{";
  bool first = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!values[i]) continue;
    if (!first) out->push_back(',');
    first = false;
    append_json_string(names[i], out);
    out->push_back(':');
    append_json_string(*values[i], out);
  }
  out->push_back('}');
}

void append_clicks(const stateful::Sequence& sequence, stateful::Window window, std::string* out) {
  *out += "{\"items\":[";
  for (std::size_t i = 0; i < window.count; ++i) {
    if (i > 0) out->push_back(',');
    append_json_string(sequence[window.first + i].item.view(), out);
  }
  *out += "],\"ts\":[";
  for (std::size_t i = 0; i < window.count; ++i) {
    if (i > 0) out->push_back(',');
    append_number(sequence[window.first + i].ts.ms, out);
  }
  *out += "]}";
}

// A logit that is not finite is not to be had in JSON.
void append_logit(std::string_view name, const std::optional<float>& logit, std::string* out) {
  *out += name;
  if (logit && std::isfinite(*logit)) {
    append_number(*logit, out);
  } else {
    *out += "null";
  }
}

// Of an event's own candidates, which are scored in ascending order of their rows.
std::optional<scorer::CandidateLogit> served_logit(const ScoredOn& scored, const ItemId& item) {
  const auto row = scored.served.model->row_of(item);
  if (!row) return std::nullopt;
  const auto found = std::lower_bound(scored.candidates.begin(), scored.candidates.end(), *row);
  FRESHET_CHECK(found != scored.candidates.end() && *found == *row);
  return scored.logits[static_cast<std::size_t>(found - scored.candidates.begin())];
}

}  // namespace

ExampleEncoder::ExampleEncoder(const WorkerConfig& config)
    : context_fields_(config.events.context),
      label_behaviour_(config.events.label_behaviour),
      publish_(config.candidates.publish),
      label_age_max_(config.behaviours[config.events.label_behaviour].limits.age_max),
      label_wait_(config.examples.label_wait),
      topic_(config.kafka.input) {
  for (const BehaviourConfig& behaviour : config.behaviours) {
    behaviours_.push_back(behaviour.limits.name);
  }
}

ExampleFeatures ExampleEncoder::features_of(const ScoredOn& scored) const {
  FRESHET_CHECK(scored.event.kind != EventKind::kClick);
  ExampleFeatures features{scored.event.user, scored.event.ts, {}, {}};
  std::string& json = features.json;
  append_context(context_fields_, scored.event.context, &json);
  json += ",\"sequences\":{";
  for (std::size_t b = 0; b < behaviours_.size(); ++b) {
    if (b > 0) json.push_back(',');
    append_json_string(behaviours_[b], &json);
    json.push_back(':');
    append_clicks(scored.user.state().sequences[b], scored.windows[b], &json);
  }
  json += "},\"model\":";
  append_json_string(scored.served.label, &json);
  return features;
}

void ExampleEncoder::set_source(const InputRecord& record, ExampleFeatures* features) const {
  std::string& json = features->source;
  json = "\"source\":{\"topic\":";
  append_json_string(topic_, &json);
  json += ",\"partition\":";
  append_number(record.partition.value, &json);
  json += ",\"offset\":";
  append_number(record.offset.value, &json);
  json += "}";
}

// A click that came before the request that it follows in time. One that is not visible any more
// counts as little as one that is collected, which happens at no certain time.
bool ExampleEncoder::was_clicked(const ScoredOn& scored, const ItemId& item) const {
  const stateful::Sequence& clicks = scored.user.state().sequences[label_behaviour_];
  const EventTime oldest = std::max(scored.event.ts, scored.stream_time - label_age_max_);
  for (std::size_t i = 0; i < clicks.size() && clicks[i].ts >= oldest; ++i) {
    if (clicks[i].item == item && clicks[i].ts <= scored.event.ts + label_wait_) return true;
  }
  return false;
}

std::vector<Example> ExampleEncoder::published_rows(const ScoredOn& scored) const {
  const scorer::Model& model = *scored.served.model;
  const scorer::TopK top =
      scorer::top_k(scored.candidates, scored.logits, model.item_id_rank, publish_);
  std::vector<Example> rows;
  std::map<scorer::ItemRow, std::size_t> place;  // in `rows`
  for (const scorer::RankedItem& ranked : top.items) {
    place.emplace(ranked.row, rows.size());
    rows.push_back({nullptr, model.item_ids[ranked.row.value], std::nullopt, std::nullopt});
  }
  // A pool's candidates are in no order.
  for (std::size_t c = 0; c < scored.candidates.size(); ++c) {
    const auto found = place.find(scored.candidates[c]);
    if (found != place.end()) rows[found->second].served = scored.logits[c];
  }
  return rows;
}

std::vector<Example> ExampleEncoder::rows_of(const ScoredOn& scored) const {
  const Event& event = scored.event;
  std::vector<Example> rows;
  if (event.kind == EventKind::kClick) return rows;
  if (event.kind == EventKind::kImpression) {
    rows.push_back({nullptr, *event.item, served_logit(scored, *event.item), std::nullopt});
    if (event.label_given) rows.back().label = event.label;
  } else if (event.candidates) {
    std::set<ItemId> seen;
    for (const ItemId& item : *event.candidates) {
      if (!seen.insert(item).second) continue;
      rows.push_back({nullptr, item, served_logit(scored, item), std::nullopt});
    }
  } else {
    rows = published_rows(scored);
  }
  for (Example& row : rows) {
    if (!row.label && was_clicked(scored, row.item)) row.label = true;
  }
  return rows;
}

void append_example(const Example& example, std::string* out) {
  const ExampleFeatures& features = *example.features;
  *out += "{\"user_id\":";
  append_json_string(features.user.view(), out);
  *out += ",\"item_id\":";
  append_json_string(example.item.view(), out);
  *out += ",\"ts\":";
  append_number(features.ts.ms, out);
  *out += ",\"label\":";
  *out += !example.label ? "null" : *example.label ? "1" : "0";
  out->push_back(',');
  *out += features.json;
  const auto& served = example.served;
  append_logit(",\"logit\":", served ? std::optional(served->total) : std::nullopt, out);
  append_logit(",\"deep\":", served ? std::optional(served->deep) : std::nullopt, out);
  append_logit(",\"wide\":", served ? std::optional(served->wide) : std::nullopt, out);
  out->push_back(',');
  *out += features.source;
  out->push_back('}');
}

}  // namespace freshet::pipeline
