#include "pipeline/scoring/hot_user.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/prefetch.h"

namespace freshet::pipeline {

HotUser::HotUser(const ServedModels& models, stateful::UserState state,
                 std::optional<stateful::Digest> saved_term)
    : saved(saved_term), state_(std::move(state)) {
  touch(models);
}

void HotUser::touch(const ServedModels& models) {
  views_.reserve(models.size());
  for (std::size_t m = 0; m < models.size(); ++m) {
    if (m == views_.size()) {
      views_.emplace_back(*models[m], state_);
    } else if (views_[m].serial() != models[m]->serial) {
      views_[m] = UserView(*models[m], state_);
    }
  }
  views_.truncate(models.size());
}

stateful::Sequence::InsertResult HotUser::insert(const ServedModels& models, std::size_t behaviour,
                                                 const stateful::Click& click) {
  FRESHET_CHECK(models.size() == views_.size());
  const auto result = state_.sequences[behaviour].insert(click);
  for (std::size_t m = 0; m < views_.size(); ++m) {
    views_[m].note_insert(*models[m], behaviour, click, result);
  }
  return result;
}

std::size_t HotUser::collect(const ServedModels& models,
                             std::span<const stateful::BehaviourLimits> limits,
                             EventTime stream_time) {
  FRESHET_CHECK(models.size() == views_.size());
  const std::size_t dropped = stateful::collect_invisible(limits, stream_time, &state_);
  for (std::size_t m = 0; m < views_.size(); ++m) views_[m].note_collect(*models[m], state_);
  return dropped;
}

void HotUser::refresh(const ServedModels& models, std::span<const stateful::BehaviourLimits> limits,
                      EventTime stream_time, Windows* windows) {
  FRESHET_CHECK(models.size() == views_.size());
  windows->resize(limits.size());
  for (std::size_t b = 0; b < limits.size(); ++b) {
    (*windows)[b] = state_.sequences[b].visible(stream_time, limits[b].age_max);
  }
  for (std::size_t m = 0; m < views_.size(); ++m) views_[m].refresh(*models[m], *windows);
}

void HotUser::look_ahead(LookAhead what, const ServedModels& models) const {
  if (what == LookAhead::kLists) {
    state_.sequences.prefetch_others();
    views_.prefetch_others();
    for (const UserView& view : views_) view.prefetch_lists();
  } else if (what == LookAhead::kClicks) {
    for (const stateful::Sequence& sequence : state_.sequences) sequence.prefetch_ends();
    for (const UserView& view : views_) view.prefetch_sums();
  } else if (what == LookAhead::kLeaving) {
    for (std::size_t m = 0; m < std::min(views_.size(), models.size()); ++m) {
      views_[m].prefetch_leaving(*models[m]);
    }
  }
}

std::size_t HotUser::bytes() const {
  std::size_t bytes = sizeof(HotUser) + state_.heap_bytes() + views_.heap_bytes();
  for (const UserView& view : views_) bytes += view.heap_bytes();
  return bytes;
}

}  // namespace freshet::pipeline
