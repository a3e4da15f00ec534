#include "pipeline/scoring/event_scorer.h"

#include <cstdint>
#include <utility>

namespace freshet::pipeline {

EventScorer::EventScorer(const WorkerConfig& config, ServedModels models, ScoreObserver* observer)
    : limits_(config.limits()),
      label_behaviour_(config.events.label_behaviour),
      models_(std::move(models)),
      scores_(models_.size()) {
  scorers_.reserve(models_.size());
  for (std::size_t m = 0; m < models_.size(); ++m) {
    scorers_.emplace_back(config, models_[m], m, observer);
  }
}

std::optional<std::size_t> EventScorer::clicked_behaviour(const Event& event) const {
  if (event.kind == EventKind::kClick) return event.behaviour;
  if (event.kind == EventKind::kImpression && event.label) return label_behaviour_;
  return std::nullopt;
}

bool EventScorer::apply(const Event& event, HotUser* user) const {
  if (!event.item) return false;
  return insert(event, {event.ts, *event.item}, user).changed;
}

EventScorer::Inserted EventScorer::insert(const Event& event, const stateful::Click& click,
                                          HotUser* user) const {
  std::uint32_t into = event.impressed;  // a bit per behaviour
  if (const auto clicked = clicked_behaviour(event)) into |= std::uint32_t{1} << *clicked;
  Inserted inserted;
  for (std::size_t b = 0; into != 0; ++b, into >>= 1) {
    if ((into & 1) == 0) continue;
    using Outcome = stateful::Sequence::InsertResult::Outcome;
    const auto result = user->insert(models_, b, click);
    inserted.changed |= result.outcome == Outcome::kInserted;
    if (result.outcome != Outcome::kTooOld) inserted.place = result.index;
  }
  return inserted;
}

void EventScorer::judge_flags(const Event& event, const stateful::Click& click,
                              EventTime stream_time, const HotUser& user,
                              AppliedEvent* applied) const {
  const auto behaviour = clicked_behaviour(event);
  if (!behaviour) return;
  const stateful::Sequence& sequence = user.state().sequences[*behaviour];
  const DurationMs age_max = limits_[*behaviour].age_max;
  applied->late = sequence.has_visible_after(click, stream_time, age_max);
  applied->duplicate = sequence.has_visible(click, stream_time, age_max);
}

AppliedEvent EventScorer::apply_and_score(const Event& event, EventTime stream_time,
                                          HotUser* user) {
  AppliedEvent applied;
  click_.ts = event.ts;
  if (event.item) {
    click_.item = *event.item;
    judge_flags(event, click_, stream_time, *user, &applied);
  }
  const bool is_click = event.kind == EventKind::kClick;
  Inserted inserted;
  if (is_click) inserted = insert(event, click_, user);
  user->refresh(models_, limits_, stream_time, &windows_);
  if (!is_click) {
    for (std::size_t b = 0; b < limits_.size(); ++b) {
      windows_[b] =
          user->state().sequences[b].visible_before(event.ts, stream_time, limits_[b].age_max);
    }
  }
  applied.sequence_length = windows_[0].count;
  const Snapshot snapshot{event, stream_time, *user, windows_, inserted.place};
  for (std::size_t m = 0; m < models_.size(); ++m) scorers_[m].score(snapshot, &scores_[m]);
  if (!is_click && event.item) inserted = insert(event, click_, user);
  applied.changed = inserted.changed;
  return applied;
}

}  // namespace freshet::pipeline
