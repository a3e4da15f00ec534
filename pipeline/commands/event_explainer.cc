#include "pipeline/commands/event_explainer.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "common/json_text.h"
#include "common/time_text.h"
#include "pipeline/events/output_decoder.h"
#include "pipeline/input_place.h"

namespace freshet::commands {
namespace {

constexpr int kBarColumns = 24;
constexpr std::size_t kTopShown = 5;

std::string_view name_of(pipeline::EventKind kind) {
  switch (kind) {
    case pipeline::EventKind::kClick:
      return "click";
    case pipeline::EventKind::kImpression:
      return "impression";
    case pipeline::EventKind::kRequest:
      return "request";
  }
  return "event";
}

std::string header_of(const pipeline::OutputRecord& output, std::string_view name) {
  for (const pipeline::Header& header : output.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

std::string fixed(float value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", static_cast<double>(value));
  return text;
}

}  // namespace

EventExplainer::EventExplainer(UserId user, const pipeline::WorkerConfig& config,
                               std::shared_ptr<const pipeline::ServedModel> model,
                               const Terminal& terminal, Write write)
    : user_(std::move(user)),
      topic_(config.kafka.input),
      limits_(config.limits()),
      model_(std::move(model)),
      terminal_(terminal),
      write_(std::move(write)) {}

void EventExplainer::on_scored(const pipeline::ScoredOn& scored) {
  if (scored.model != 0) return;
  explained_.reset();
  if (scored.event.user != user_) return;
  const bool is_click = scored.event.kind == pipeline::EventKind::kClick;
  const auto as_of = is_click ? std::nullopt : std::optional(scored.event.ts);
  explained_ = {
      scored.event.kind, scored.event.ts, scored.stream_time,
      pipeline::explain_user(*model_, limits_, scored.user.state(), scored.stream_time, as_of)};
}

void EventExplainer::on_output(const pipeline::InputRecord& record,
                               const pipeline::OutputRecord& output) {
  // A record that is refused before it is scored still has its user as its key.
  if (!explained_ && record.key != user_.view()) return;
  ++events_;
  write_(terminal_.watched ? text_of(record, output) : line_of(record, output));
  explained_.reset();
}

std::string EventExplainer::line_of(const pipeline::InputRecord& record,
                                    const pipeline::OutputRecord& output) {
  std::string line = "{\"source\":{\"topic\":" + json_string(topic_) +
                     ",\"partition\":" + std::to_string(record.partition.value) +
                     ",\"offset\":" + std::to_string(record.offset.value) + "}";
  if (explained_) {
    line += ",\"type\":" + json_string(name_of(explained_->kind)) +
            ",\"ts\":" + std::to_string(explained_->ts.ms) + ",\"explanation\":" +
            pipeline::explanation_json(user_, *model_, explained_->stream_time, explained_->why);
  }
  if (output.topic == pipeline::OutputTopic::kScores) {
    line += ",\"output\":" + output.value.value_or("null");
  } else {
    line += ",\"dead_letter\":{\"reason\":" + json_string(header_of(output, "freshet.reason")) +
            ",\"message\":" + json_string(header_of(output, "freshet.message")) + "}";
  }
  return line + "}\n";
}

std::string EventExplainer::bars() const {
  std::string text;
  for (const pipeline::ExplainedBehaviour& behaviour : explained_->why.behaviours) {
    text += "  " + behaviour.name + ": " + std::to_string(behaviour.clicks.size()) + " clicks\n";
    float largest = 0;
    for (const auto& click : behaviour.clicks)
      largest = std::max(largest, click.weight.value_or(0));
    for (const pipeline::ExplainedClick& click : behaviour.clicks) {
      const float share = largest > 0 ? click.weight.value_or(0) / largest : 0;
      const int columns = std::clamp(static_cast<int>(share * kBarColumns + 0.5F), 0, kBarColumns);
      std::string bar;
      for (int i = 0; i < columns; ++i) bar += terminal_.blocks ? "\u2588" : "#";
      text += "    " + utc_text(click.ts) + "  " +
              (click.weight ? fixed(*click.weight) : "   -  ") + " " +
              painted(terminal_, Colour::kCyan, bar) +
              std::string(static_cast<std::size_t>(kBarColumns - columns), ' ') + " " +
              click.item.str() + (click.known ? "" : " (not in the model)") + "\n";
    }
  }
  return text;
}

std::string EventExplainer::text_of(const pipeline::InputRecord& record,
                                    const pipeline::OutputRecord& output) {
  const std::string place = pipeline::input_place(topic_, record.partition, record.offset);
  std::string text = painted(terminal_, Colour::kBold, place);
  if (explained_)
    text += ": " + std::string(name_of(explained_->kind)) + " of " + utc_text(explained_->ts);
  const auto scores =
      output.topic == pipeline::OutputTopic::kScores
          ? pipeline::decode_score_event(output.value.value_or(""))
          : error(ErrorCode::kBadRecord, header_of(output, "freshet.reason") + ", " +
                                             header_of(output, "freshet.message"));
  if (scores && scores->late) text += ", late";
  if (scores && scores->duplicate) text += ", duplicate";
  text += "\n";
  if (explained_) text += bars();
  if (!scores) return text + "  dead letter: " + scores.error().message + "\n\n";
  text += "  scores:";
  for (std::size_t i = 0; i < scores->scores.size() && i < kTopShown; ++i) {
    text +=
        (i == 0 ? " " : ", ") + scores->scores[i].item_id + " " + fixed(scores->scores[i].score);
  }
  if (scores->scores.empty()) text += " none asked for";
  return text + "\n\n";
}

}  // namespace freshet::commands
