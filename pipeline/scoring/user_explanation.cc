#include "pipeline/scoring/user_explanation.h"

#include <cmath>
#include <cstddef>

#include "common/json_text.h"
#include "pipeline/scoring/user_view.h"

namespace freshet::pipeline {
namespace {

Windows windows_of(std::span<const stateful::BehaviourLimits> limits,
                   const stateful::UserState& state, EventTime stream_time,
                   std::optional<EventTime> as_of) {
  Windows windows(limits.size());
  for (std::size_t b = 0; b < limits.size(); ++b) {
    const stateful::Sequence& sequence = state.sequences[b];
    windows[b] = as_of ? sequence.visible_before(*as_of, stream_time, limits[b].age_max)
                       : sequence.visible(stream_time, limits[b].age_max);
  }
  return windows;
}

// Representations made of one behaviour's clicks: two with merged attention.
std::size_t pools_of(const ServedModel& model, std::size_t behaviour) {
  std::size_t count = 0;
  for (const PooledBehaviour& pooled : model.pools) count += pooled.behaviour == behaviour ? 1 : 0;
  return count;
}

void append_float(float number, std::string* out) {
  if (std::isfinite(number)) {
    append_number(number, out);
  } else {
    *out += "null";
  }
}

void append_click(const ExplainedClick& click, std::string* out) {
  *out += "{\"item_id\":";
  append_json_string(click.item.view(), out);
  *out += ",\"ts\":";
  append_number(click.ts.ms, out);
  if (!click.known) *out += ",\"known\":false";
  if (click.weight) {
    *out += ",\"weight\":";
    append_float(*click.weight, out);
  }
  out->push_back('}');
}

}  // namespace

UserExplanation explain_user(const ServedModel& model,
                             std::span<const stateful::BehaviourLimits> limits,
                             const stateful::UserState& state, EventTime stream_time,
                             std::optional<EventTime> as_of) {
  UserView view(model, state);
  view.refresh(model, windows_of(limits, state, stream_time, std::nullopt));
  const Windows windows = windows_of(limits, state, stream_time, as_of);

  UserExplanation explanation;
  explanation.representation.resize(model.representation_size());
  std::vector<scorer::PoolSums> scratch;
  view.representation(model, windows, &scratch, explanation.representation);
  for (std::size_t b = 0; b < limits.size(); ++b) {
    ExplainedBehaviour& behaviour = explanation.behaviours.emplace_back();
    behaviour.name = limits[b].name;
    for (std::size_t i = windows[b].first; i < windows[b].first + windows[b].count; ++i) {
      const stateful::Click& click = state.sequences[b][i];
      behaviour.clicks.push_back(
          {click.item, click.ts, view.clicks(b)[i].row.has_value(), std::nullopt});
    }
  }
  for (const PooledBehaviour& pooled : model.pools) {
    const stateful::Window window = windows[pooled.behaviour];
    const std::vector<float> weights =
        pooled.pool.weights(view.clicks(pooled.behaviour).subspan(window.first, window.count));
    const float share = 1.0F / static_cast<float>(pools_of(model, pooled.behaviour));
    for (std::size_t i = 0; i < weights.size(); ++i) {
      std::optional<float>& weight = explanation.behaviours[pooled.behaviour].clicks[i].weight;
      weight = weight.value_or(0.0F) + weights[i] * share;
    }
  }
  return explanation;
}

std::string explanation_json(const UserId& user, const ServedModel& model, EventTime stream_time,
                             const UserExplanation& explanation) {
  std::string out = "{\"user_id\":" + json_string(user.view()) +
                    ",\"stream_time\":" + std::to_string(stream_time.ms) +
                    ",\"model\":" + json_string(model.label) + ",\"behaviours\":{";
  for (std::size_t b = 0; b < explanation.behaviours.size(); ++b) {
    const ExplainedBehaviour& behaviour = explanation.behaviours[b];
    out += (b > 0 ? "," : "") + json_string(behaviour.name) + ":[";
    for (std::size_t i = 0; i < behaviour.clicks.size(); ++i) {
      if (i > 0) out.push_back(',');
      append_click(behaviour.clicks[i], &out);
    }
    out.push_back(']');
  }
  out += "},\"representation\":[";
  for (std::size_t i = 0; i < explanation.representation.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_float(explanation.representation[i], &out);
  }
  return out + "]}";
}

}  // namespace freshet::pipeline
