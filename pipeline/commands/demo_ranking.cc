#include "pipeline/commands/demo_ranking.h"

#include <charconv>
#include <cmath>

#include "pipeline/evaluate/auc.h"
#include "pipeline/evaluate/labelled_scores.h"

namespace freshet::commands {
namespace {

// The number after `name` in a line whose quotes within ids are escaped.
template <class Number>
std::optional<Number> number_after(std::string_view name, std::string_view line) {
  const std::size_t at = line.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = line.substr(at + name.size());
  Number number{};
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return number;
}

// The generator numbers its events: "e17".
std::optional<std::size_t> event_number(std::string_view line) {
  return number_after<std::size_t>("\"event_id\":\"e", line);
}

double area(const pipeline::LabelledScores& rows) {
  return pipeline::Auc(rows).values(pipeline::UserWeights::ones(1))[0];
}

}  // namespace

void DemoRanking::shown(const pipeline::GeneratedEvent& event) {
  if (event.kind != pipeline::GeneratedKind::kImpression) return;
  const auto number = event_number(event.line);
  if (!number) return;
  if (shown_.size() <= *number) shown_.resize(*number + 1);
  shown_[*number].truth = static_cast<float>(event.probability);
  shown_[*number].clicked = event.label;
}

void DemoRanking::scored(std::string_view output) {
  const auto number = event_number(output);
  if (!number || *number >= shown_.size() || shown_[*number].score >= 0) return;
  if (const auto score = number_after<float>("\"score\":", output)) shown_[*number].score = *score;
}

std::optional<DemoAreas> DemoRanking::areas() const {
  pipeline::LabelledScores served;
  pipeline::LabelledScores truth;
  for (const Shown& one : shown_) {
    if (one.truth < 0 || one.score < 0) continue;
    served.push_back({0, one.score, one.clicked});
    truth.push_back({0, one.truth, one.clicked});
  }
  const DemoAreas areas{served.size(), area(served), area(truth)};
  if (std::isnan(areas.model)) return std::nullopt;
  return areas;
}

}  // namespace freshet::commands
