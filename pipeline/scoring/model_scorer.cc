#include "pipeline/scoring/model_scorer.h"

#include <algorithm>
#include <utility>

#include "scorer/candidates/top_k.h"

namespace freshet::pipeline {

ModelScorer::ModelScorer(const WorkerConfig& config, std::shared_ptr<const ServedModel> model,
                         std::size_t index, ScoreObserver* observer)
    : publish_(config.candidates.publish),
      model_(std::move(model)),
      index_(index),
      observer_(observer),
      u_(model_->representation_size()) {}

// The item of a click that stands in a sequence was looked up when it came there.
bool ModelScorer::knows_clicked(const Snapshot& snapshot) const {
  const Event& event = snapshot.event;
  if (!snapshot.clicked) return model_->model->row_of(*event.item).has_value();
  return snapshot.user.view(index_).clicks(event.behaviour)[*snapshot.clicked].row.has_value();
}

std::span<const scorer::ItemRow> ModelScorer::candidates_of(const Snapshot& snapshot,
                                                            ModelScores* scores) {
  const Event& event = snapshot.event;
  if (event.kind == EventKind::kClick && !knows_clicked(snapshot)) ++scores->unknown_items;
  const bool bare_request = event.kind == EventKind::kRequest && !event.candidates;
  if (event.kind == EventKind::kClick || bare_request) return model_->candidate_rows;
  event_rows_.clear();
  const auto add = [&](const ItemId& item) {
    if (const auto row = model_->model->row_of(item)) {
      event_rows_.push_back(*row);
    } else {
      ++scores->unknown_items;
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

void ModelScorer::fold(const Snapshot& snapshot) {
  const Windows& windows = snapshot.windows;
  const UserView& view = snapshot.user.view(index_);
  view.representation(*model_, windows, &sums_, u_);
  view.recent_rows(0, windows[0], model_->model->wide.recent_clicks, &recent_);
  context_.assign(snapshot.event.context.begin(), snapshot.event.context.end());
  clicks_.clear();
  for (const std::size_t behaviour : model_->behaviours) {
    const stateful::Window window = windows[behaviour];
    clicks_.push_back(view.clicks(behaviour).subspan(window.first, window.count));
  }
  model_->scorer.fold({u_, clicks_}, {snapshot.event.user.view(), context_, recent_}, &fold_);
}

void ModelScorer::observe(const Snapshot& snapshot,
                          std::span<const scorer::ItemRow> candidates) const {
  if (observer_ == nullptr) return;
  ScoredOn scored{
      snapshot.event, snapshot.stream_time, snapshot.user, snapshot.windows, *model_, {}, {}, {},
      index_};
  if (!candidates.empty()) {
    scored.u = u_;
    scored.candidates = candidates;
    scored.logits = logits_;
  }
  observer_->on_scored(scored);
}

void ModelScorer::score(const Snapshot& snapshot, ModelScores* scores) {
  scores->unknown_items = 0;
  scores->non_finite = 0;
  scores->refusal.reset();
  scores->scores.clear();
  const Event& event = snapshot.event;
  const std::span<const scorer::ItemRow> candidates = candidates_of(snapshot, scores);
  if (candidates.empty()) {
    observe(snapshot, candidates);
    if (event.kind == EventKind::kClick) return;  // candidates.source: event; the click is applied
    scores->refusal =
        Refusal{DeadLetterReason::kUnknownItem,
                "model " + model_->label + " knows none of the candidates", model_->label};
    if (event.kind == EventKind::kRequest && !event.candidates) {
      scores->refusal = Refusal{DeadLetterReason::kEmptyCandidates,
                                "the request names no candidates and candidates.source is event"};
    }
    return;
  }
  fold(snapshot);
  logits_.resize(candidates.size());
  model_->scorer.score(fold_, candidates, logits_);
  observe(snapshot, candidates);
  const scorer::Model& model = *model_->model;
  const scorer::TopK top = scorer::top_k(candidates, logits_, model.item_id_rank, publish_);
  scores->non_finite = top.non_finite;
  if (top.items.empty()) {
    scores->refusal =
        Refusal{DeadLetterReason::kNonFiniteScore,
                "model " + model_->label + " gives no candidate a finite logit", model_->label};
    return;
  }
  for (const scorer::RankedItem& item : top.items) {
    scores->scores.push_back({model.item_ids[item.row.value].view(), scorer::sigmoid(item.logit)});
  }
}

}  // namespace freshet::pipeline
