#include "pipeline/event_scorer.h"

#include <algorithm>
#include <utility>

#include "scorer/top_k.h"

namespace freshet::pipeline {

EventScorer::EventScorer(const WorkerConfig& config, std::shared_ptr<const ServedModel> model,
                         ScoreObserver* observer)
    : limits_(config.limits()),
      label_behaviour_(config.events.label_behaviour),
      publish_(config.candidates.publish),
      model_(std::move(model)),
      observer_(observer),
      u_(model_->representation_size()) {}

std::optional<std::size_t> EventScorer::clicked_behaviour(const Event& event) const {
  if (event.kind == EventKind::kClick) return event.behaviour;
  if (event.kind == EventKind::kImpression && event.label) return label_behaviour_;
  return std::nullopt;
}

bool EventScorer::apply(const Event& event, HotUser* user) {
  std::uint32_t into = event.impressed;  // a bit per behaviour
  if (const auto clicked = clicked_behaviour(event)) into |= std::uint32_t{1} << *clicked;
  bool changed = false;
  for (std::size_t b = 0; into != 0; ++b, into >>= 1) {
    if ((into & 1) == 0) continue;
    const auto result = user->insert(*model_, b, {event.ts, *event.item});
    changed |= result.outcome == stateful::Sequence::InsertResult::Outcome::kInserted;
  }
  return changed;
}

void EventScorer::judge_flags(const Event& event, EventTime stream_time, const HotUser& user,
                              ScoreEvent* out) const {
  const auto behaviour = clicked_behaviour(event);
  if (!behaviour) return;
  const stateful::Click click{event.ts, *event.item};
  const stateful::Sequence& sequence = user.state().sequences[*behaviour];
  const DurationMs age_max = limits_[*behaviour].age_max;
  out->late = sequence.has_visible_after(click, stream_time, age_max);
  out->duplicate = sequence.has_visible(click, stream_time, age_max);
}

AppliedEvent EventScorer::apply_and_score(const Event& event, EventTime stream_time, HotUser* user,
                                          ScoreEvent* out) {
  AppliedEvent applied;
  judge_flags(event, stream_time, *user, out);
  if (event.kind == EventKind::kClick) {
    applied.changed = apply(event, user);
    const Windows windows = user->refresh(*model_, limits_, stream_time);
    score(event, stream_time, windows, *user, &applied, out);
    return applied;
  }
  user->refresh(*model_, limits_, stream_time);
  Windows before(limits_.size());
  for (std::size_t b = 0; b < limits_.size(); ++b) {
    before[b] =
        user->state().sequences[b].visible_before(event.ts, stream_time, limits_[b].age_max);
  }
  score(event, stream_time, before, *user, &applied, out);
  applied.changed = apply(event, user);
  return applied;
}

std::span<const scorer::ItemRow> EventScorer::candidates_of(const Event& event,
                                                            AppliedEvent* applied) {
  if (event.kind == EventKind::kClick && !model_->model->row_of(*event.item)) {
    ++applied->unknown_items;
  }
  const bool bare_request = event.kind == EventKind::kRequest && !event.candidates;
  if (event.kind == EventKind::kClick || bare_request) return model_->candidate_rows;
  event_rows_.clear();
  const auto add = [&](const ItemId& item) {
    if (const auto row = model_->model->row_of(item)) {
      event_rows_.push_back(*row);
    } else {
      ++applied->unknown_items;
    }
  };
  if (event.kind == EventKind::kImpression) {
    add(*event.item);
  } else {
    for (const ItemId& item : *event.candidates) add(item);
    std::sort(event_rows_.begin(), event_rows_.end());
    event_rows_.erase(std::unique(event_rows_.begin(), event_rows_.end()), event_rows_.end());
  }
  return event_rows_;
}

void EventScorer::score(const Event& event, EventTime stream_time, const Windows& windows,
                        const HotUser& user, AppliedEvent* applied, ScoreEvent* out) {
  out->sequence_length = windows[0].count;
  out->scores.clear();
  const std::span<const scorer::ItemRow> candidates = candidates_of(event, applied);
  if (candidates.empty()) {
    if (observer_ != nullptr) observer_->on_scored({event, stream_time, user, windows, {}, {}, {}});
    if (event.kind == EventKind::kClick) return;  // candidates.source: event; the click is applied
    applied->refusal = Refusal{DeadLetterReason::kUnknownItem,
                               "model " + model_->label + " knows none of the candidates"};
    if (event.kind == EventKind::kRequest && !event.candidates) {
      applied->refusal = Refusal{DeadLetterReason::kEmptyCandidates,
                                 "the request names no candidates and candidates.source is event"};
    }
    return;
  }
  const scorer::Model& model = *model_->model;
  user.representation(*model_, windows, &sums_, u_);
  user.recent_rows(0, windows[0], model.wide.recent_clicks, &recent_);
  context_.assign(event.context.begin(), event.context.end());
  clicks_.clear();
  for (const std::size_t behaviour : model_->behaviours) {
    const stateful::Window window = windows[behaviour];
    clicks_.push_back(user.clicks(behaviour).subspan(window.first, window.count));
  }
  model_->scorer.fold({u_, clicks_}, {event.user.view(), context_, recent_}, &fold_);
  logits_.resize(candidates.size());
  model_->scorer.score(fold_, candidates, logits_);
  if (observer_ != nullptr) {
    observer_->on_scored({event, stream_time, user, windows, u_, candidates, logits_});
  }
  const scorer::TopK top = scorer::top_k(candidates, logits_, model.item_id_rank, publish_);
  applied->non_finite = top.non_finite;
  if (top.items.empty()) {
    applied->refusal = Refusal{DeadLetterReason::kNonFiniteScore,
                               "model " + model_->label + " gives no candidate a finite logit"};
    return;
  }
  for (const scorer::RankedItem& item : top.items) {
    out->scores.push_back({model.item_ids[item.row.value].view(), scorer::sigmoid(item.logit)});
  }
}

}  // namespace freshet::pipeline
